#pragma once

#include "saga/controller.hpp"
#include "saga/journal.hpp"
#include "steps/ledger.hpp"

namespace belay {

/// The steps' ledger over a real journal. Without a control socket (recovery) no controller can answer, and
/// none is asked.
class RunLedger : public Ledger {
 public:
  RunLedger(Journal& journal, Controller* controller) : journal_(journal), controller_(controller) {}

  void note(StepName, const std::string& key, boost::json::value value) override;
  std::optional<boost::json::value> noted(StepName, const std::string& key) const override;
  bool done(StepName) const override;
  bool ended(StepName) const override;
  bool taken_up_again() const override;
  void acts_come_first() override { acts_come_first_ = true; }
  void output(StepName, const std::string& line) override;
  void progress(StepName, std::int64_t done, std::int64_t total, const std::string& unit) override;
  std::optional<std::string> asked_for(const std::string& what) override;
  ControllerReply ask_controller(const std::string& what, const std::string& detail,
                                 std::chrono::milliseconds limit, std::stop_token) override;

 private:
  /// False: the record could not be written, and acts come first.
  bool append(Event);

  Journal& journal_;
  Controller* controller_;
  bool acts_come_first_ = false;
};

}  // namespace belay
