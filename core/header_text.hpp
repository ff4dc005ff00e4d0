#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argosy {

/// Header names are equal in any case (RFC 9110 5.1). ASCII only.
bool same_header(std::string_view a, std::string_view b) noexcept;

/// Without the spaces and tabs around it (RFC 9110 5.6.3).
std::string_view trim_header(std::string_view value) noexcept;

/// ASCII lower case.
std::string lower_header(std::string_view text);

/// The text that belongs to a status: "Not Found"; nothing for an unknown one.
std::string_view reason_phrase(int status) noexcept;

/// A parameter of a header like Content-Type or Content-Disposition, unquoted; its extended form (RFC 8187,
/// `filename*=utf-8''...`) first. Nothing when it is not there.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

/// Appends "NAME: VALUE\r\n". Line ends in either become spaces, so that no value can add a header of its
/// own.
void append_header(std::string& head, std::string_view name, std::string_view value);

/// A time as headers have it (RFC 9110 5.6.7); `second` since 1970.
std::string http_date(std::int64_t second);
/// The same for now; made anew once a second.
std::string_view http_date();
/// Seconds since 1970 of a time in a header, in one of the three forms of RFC 9110 5.6.7; nothing for any
/// other text.
std::optional<std::int64_t> parse_http_date(std::string_view text);

} // namespace argosy
