#include "model/up_request.hpp"

#include "model/config_json.hpp"
#include "model/registry_login_json.hpp"
#include "model/release_json.hpp"
#include "model/running_container_json.hpp"

namespace belay {

static void fields(auto& archive, Is<UpRequest> auto& request) {
  archive.required("environment", request.environment);
  archive.required("service", request.service);
  archive("by", request.by);
  archive("logins", request.logins);
}

static void fields(auto& archive, Is<UpAnswer> auto& answer) {
  archive.required("containers", answer.containers);
  archive("sharing", answer.sharing);
}

boost::json::object up_request_to_json(const UpRequest& request) {
  return object_of(request);
}
UpRequest up_request_from_json(const boost::json::object& from) {
  return value_of<UpRequest>(from, "up");
}

boost::json::object up_answer_to_json(const UpAnswer& answer) {
  return object_of(answer);
}
UpAnswer up_answer_from_json(const boost::json::object& from) {
  return value_of<UpAnswer>(from, "up");
}

}  // namespace belay
