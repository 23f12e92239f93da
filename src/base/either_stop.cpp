#include "base/either_stop.hpp"

#include <utility>

namespace belay {

EitherStop::EitherStop(std::stop_token one, std::stop_token other)
    : one_(std::move(one), Request{source_}), other_(std::move(other), Request{source_}) {}

}  // namespace belay
