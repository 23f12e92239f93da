#pragma once

#include <string>
#include <vector>

#include "model/notice.hpp"

namespace belay {

/// A notice as a message of RFC 5322: ASCII, lines that end in CRLF and have at most 78 characters (where an
/// address is not longer). `id` is its Message-ID's, with the domain of `from`.
std::string mail_message(const Notice&, const std::string& from, const std::vector<std::string>& to,
                         const std::string& id, Time sent);

/// A header's text: as it is, or in encoded words (RFC 2047) where it is long or not ASCII.
std::string encoded_header(const std::string& text);

}  // namespace belay
