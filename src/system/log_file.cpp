#include "saga/log_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"

namespace belay {

struct LogFile::Body {
  Fd file;
};

LogFile::LogFile(std::unique_ptr<Body> body) : body_(std::move(body)) {}
LogFile::LogFile(LogFile&&) noexcept = default;
LogFile::~LogFile() = default;

LogFile LogFile::create(const fs::path& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot create the journal " + path.string(), errno);
  fsync_directory(path.parent_path());
  return LogFile(std::make_unique<Body>(std::move(file)));
}

LogFile LogFile::open(const fs::path& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file) throw system_error("cannot open the journal " + path.string(), errno);
  return LogFile(std::make_unique<Body>(std::move(file)));
}

int LogFile::append(std::string_view bytes) {
  return try_write_all(body_->file.get(), bytes);
}

int LogFile::sync() {
  return ::fdatasync(body_->file.get()) == 0 ? 0 : errno;
}

int LogFile::cut(std::uint64_t length) {
  return ::ftruncate(body_->file.get(), static_cast<off_t>(length)) == 0 ? 0 : errno;
}

bool LogFile::reserve(std::uint64_t from, std::uint64_t bytes) {
  return ::fallocate(body_->file.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                     static_cast<off_t>(bytes)) == 0;
}

}  // namespace belay
