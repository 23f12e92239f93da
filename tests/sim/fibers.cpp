#include "fibers.hpp"

#include <cstring>

#include <cxxabi.h>
#include <ucontext.h>

namespace belay::sim {

namespace {

constexpr std::size_t stack_size = 256 * 1024;
/// What the C++ runtime knows of a thread's exceptions; a fiber that gives way in a catch block has its own.
struct Exceptions {
  void* caught;
  unsigned int uncaught;
};
thread_local Fibers* entering = nullptr;

}  // namespace

struct Fibers::Stack {
  alignas(16) char bytes[stack_size];
};

struct Fibers::Fiber {
  Body body;  // empty: it has ended
  std::unique_ptr<Stack> stack{};
  ucontext_t context{};
  Exceptions exceptions{};
  std::function<bool()> ready{};
  Moment until = Moment::min();
};

Fibers::Fibers(Dice& dice) : dice_(dice) {
  fibers_[0].body = [] {};  // the one that made this
}

Fibers::~Fibers() = default;

bool Fibers::ended(int fiber) const {
  return !fibers_.at(fiber).body;
}

int Fibers::start(Body body) {
  const int number = next_++;
  auto& fiber = fibers_[number];
  fiber.body = std::move(body);
  if (free_stacks_.empty()) {
    fiber.stack.reset(new Stack);  // not value-initialised: its bytes need no value
  } else {
    fiber.stack = std::move(free_stacks_.back());
    free_stacks_.pop_back();
  }
  ::getcontext(&fiber.context);
  fiber.context.uc_stack = {.ss_sp = fiber.stack->bytes, .ss_flags = 0, .ss_size = stack_size};
  ::makecontext(&fiber.context, &Fibers::enter, 0);
  return number;
}

void Fibers::enter() {
  auto& fibers = *entering;
  auto& self = fibers.fibers_.at(fibers.current_);
  self.body();
  self.body = nullptr;
  fibers.give_way();
}

void Fibers::wait(const std::function<bool()>& ready, Moment until) {
  auto& self = fibers_.at(current_);
  self.ready = ready;
  self.until = until;
  give_way();
  if (hangs_ && current_ == 0) throw Hang{};
}

void Fibers::at(Moment moment, Body body) {
  timers_.emplace(moment, std::move(body));
}

/// Returns when the current fiber may go on; never in one that has ended.
void Fibers::give_way() {
  while (true) {
    if (const auto next = who_can_run()) return switch_to(*next);
    if (let_time_pass()) continue;
    hangs_ = true;
    return switch_to(0);
  }
}

std::optional<int> Fibers::who_can_run() {
  std::vector<int> able;
  for (auto& [number, fiber] : fibers_)
    if (fiber.body && (fiber.until <= time_ || (fiber.ready && fiber.ready()))) able.push_back(number);
  if (able.empty()) return std::nullopt;
  return able.size() == 1 ? able.front()
                          : able[static_cast<std::size_t>(dice_.below(static_cast<int>(able.size())))];
}

bool Fibers::let_time_pass() {
  auto next = Moment::max();
  for (auto& [number, fiber] : fibers_)
    if (fiber.body) next = std::min(next, fiber.until);
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
  if (next == Moment::max()) return false;
  if (passes && next > time_) passes(next - time_);
  time_ = std::max(time_, next);
  while (!timers_.empty() && timers_.begin()->first <= time_) {
    const auto body = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    body();
  }
  return true;
}

void Fibers::switch_to(int fiber) {
  if (fiber == current_) return;
  auto& from = fibers_.at(current_);
  auto& to = fibers_.at(fiber);
  auto* const known = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
  from.exceptions = *known;
  *known = to.exceptions;
  current_ = fiber;
  entering = this;
  ::swapcontext(&from.context, &to.context);
}

}  // namespace belay::sim
