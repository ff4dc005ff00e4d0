#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/failure.hpp"
#include "core/json.hpp"
#include "http/exchange.hpp"

namespace argosy {

/// A failure of rc-surface 2.2 steps 1 to 5 together with what the error object shows as `input` (null or the
/// map so far).
struct bad_request : failure {
  bad_request(const std::string& text, json input) :
      failure(failure_kind::bad_parameter, text), gathered(std::move(input)) {}
  json gathered;
};

/// URL query, form and JSON body merged into the input of a call (2.2 steps 1 to 6). Throws bad_request.
json read_parameters(const http_request& request);

/// Media type and charset of a Content-Type header by Go's mime.ParseMediaType, lower case. Throws
/// failure(bad_parameter) with Go's text: `mime: expected token after slash` ...
struct media_type {
  std::string name;
  std::optional<std::string> charset; ///< as written
};
media_type parse_media_type(std::string_view header);

/// True when `Prefer: respond-async` is among the preferences (2.2 step 7).
bool prefers_async(const http_request& request);

/// Lenient parse of a URL query: undecodable pairs and pairs holding ';' vanish; the last of a name wins.
json parse_query(std::string_view query);

/// Go's url.PathUnescape; nothing when it holds a bad escape.
std::optional<std::string> decode_path(std::string_view path);

/// The accessors of 2.3 over an input map. `require_` ones throw failure(bad_parameter) `Didn't find key "K"
/// in input`; all throw it for the wrong type, with rclone's texts. `optional_` ones give the default only
/// when the key is absent.
std::string require_string(const json& input, const char* key);
std::int64_t require_int(const json& input, const char* key);
bool require_bool(const json& input, const char* key);
double require_double(const json& input, const char* key);
json require_value(const json& input, const char* key);
std::string optional_string(const json& input, const char* key, const std::string& fallback = {});
std::int64_t optional_int(const json& input, const char* key, std::int64_t fallback);
bool optional_bool(const json& input, const char* key, bool fallback);
std::int64_t optional_duration(const json& input, const char* key, std::int64_t fallback); ///< nanoseconds
/// An object, or a string holding one. Null and absent give an empty object. Errors: `key "opt": invalid
/// character 'x' ...`, and for another type `key "opt": Reshape failed to Unmarshal: json: cannot unmarshal
/// array into Go value of type GO_TYPE`.
json optional_object(const json& input, const char* key, const char* go_type = "map[string]interface {}");
/// A list, or a string holding one, with the same errors. Null and absent give an empty list.
json optional_list(const json& input, const char* key, const char* go_type = "[]interface {}");
/// The same whose values are strings; null is an empty one.
std::map<std::string, std::string> optional_string_map(const json& input, const char* key);
std::vector<std::string> optional_strings(const json& input, const char* key);
/// A flag whose wrong type rclone overlooks.
bool lenient_bool(const json& input, const char* key, bool fallback);
/// Go's words for a JSON value that fits no variable of that type.
std::string cannot_unmarshal(const json& value, const std::string& into);
/// A field of such an object as Go's encoding/json would set a struct field: the key in any case, `null`
/// leaves the default, another type is failure(bad_parameter) `key "opt": Reshape failed to Unmarshal: json:
/// cannot unmarshal string into Go struct field TYPE.FIELD of type bool`.
bool struct_bool(const json& object, const char* parameter, const char* type_name, const char* field,
                 bool fallback);
std::vector<std::string> struct_strings(const json& object, const char* parameter, const char* type_name,
                                        const char* field);

} // namespace argosy
