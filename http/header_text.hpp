#pragma once

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

/// Appends "NAME: VALUE\r\n". Line ends in either become spaces, so that no value can add a header of its
/// own.
void append_header(std::string& head, std::string_view name, std::string_view value);

/// The time of now as a Date header has it (RFC 9110 5.6.7); made anew once a second.
std::string_view http_date();

} // namespace argosy
