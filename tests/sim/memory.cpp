/// Memory for a process of one thread: lists of free pieces, by size. A schedule makes and forgets a great
/// many small things, and the C library's allocator took a fifth of its time.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

struct alignas(16) Piece {
  std::size_t list = 0;   // its size in steps of 16 bytes
  Piece* next = nullptr;  // while it is free
};
static_assert(sizeof(Piece) == 16);

constexpr std::size_t longest = 64;  // steps: what is larger is the C library's
constinit std::array<Piece*, longest + 1> free_pieces{};
constinit std::byte *begin_of_rest = nullptr, *end_of_rest = nullptr;

void* allocated(std::size_t bytes) {
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}

Piece* cut(std::size_t list) {
  const auto bytes = sizeof(Piece) + 16 * list;
  if (static_cast<std::size_t>(end_of_rest - begin_of_rest) < bytes) {
    constexpr std::size_t block = 1 << 20;
    begin_of_rest = static_cast<std::byte*>(allocated(block));
    end_of_rest = begin_of_rest + block;
  }
  auto* const piece = new (begin_of_rest) Piece;
  begin_of_rest += bytes;
  return piece;
}

}  // namespace

void* operator new(std::size_t bytes) {
  const auto list = (bytes + 15) / 16;
  Piece* piece = nullptr;
  if (list > longest) {
    piece = new (allocated(sizeof(Piece) + bytes)) Piece;
  } else if (piece = free_pieces[list]; piece != nullptr) {
    free_pieces[list] = piece->next;
  } else {
    piece = cut(list);
  }
  piece->list = list;
  return piece + 1;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* const piece = static_cast<Piece*>(memory) - 1;
  if (piece->list > longest) return std::free(piece);
  piece->next = free_pieces[piece->list];
  free_pieces[piece->list] = piece;
}

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
