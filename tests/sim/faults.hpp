#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace belay::sim {

// clang-format off
/// What the world may do to a run, and so what belay has to survive:
///
/// | fault          | what happens at a call of a port                                                        |
/// |----------------|-----------------------------------------------------------------------------------------|
/// | kill           | the process that acts dies; what it wrote stays, the last line perhaps half             |
/// | kill_both      | so does its guard                                                                       |
/// | power_cut      | both die; what was not synced is lost or torn; containers come up as their policies say |
/// | disk_full      | writes fail for `time`, but for the room that the journal reserved                      |
/// | engine_away    | connections are refused for `time`; containers run on                                   |
/// | engine_restart | the same, and containers stop; those that their policy lets come up with the Engine     |
/// | cut            | the Engine hangs up on one request, having carried it out or not                        |
/// | refused        | the Engine answers one request with an error                                            |
/// | prune          | somebody types `docker container prune`                                                 |
/// | stop_serving   | somebody types `docker stop` for a container of what serves                             |
/// | remove_serving | somebody types `docker rm -f` for it                                                    |
/// | write_fails    | one write fails (EIO)                                                                   |
/// | another_person | somebody else types a rollback, and waits for the first one or does not                 |
/// | stop_asked     | somebody asks the deployment to stop (Ctrl-C)                                            |
/// | damage         | after the end: a bit of a journal is another one, or its tail is gone                    |
// clang-format on
struct Fault {
  enum class Kind {
    kill,
    kill_both,
    power_cut,
    disk_full,
    engine_away,
    engine_restart,
    cut,
    refused,
    prune,
    stop_serving,
    remove_serving,
    write_fails,
    another_person,
    stop_asked,
    damage,
  };
  static constexpr int kinds = 15;
  Kind kind{};
  int at = 0;  // at which port call of the schedule
  std::chrono::milliseconds time{};
  bool other_way = false;  // of two ways in which this may happen

  std::string shown() const;
};

}  // namespace belay::sim
