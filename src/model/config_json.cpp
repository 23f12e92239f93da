#include "model/config_json.hpp"

namespace belay {

boost::json::object tls_to_json(const TlsConfig& tls) {
  return object_of(tls);
}
TlsConfig tls_from_json(const boost::json::object& from) {
  return value_of<TlsConfig>(from, "tls");
}

}  // namespace belay
