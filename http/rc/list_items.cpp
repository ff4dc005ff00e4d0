#include "http/rc/list_items.hpp"

#include <charconv>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

constexpr std::int64_t nanoseconds_in_second = 1'000'000'000;

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

// Most names need no escapes, and looking is cheaper than append_json_string.
void append_string(std::string& out, std::string_view text) {
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&')
      return append_json_string(out, text);
  }
  out += '"';
  out += text;
  out += '"';
}

} // namespace

list_options read_list_options(const json& input) {
  const auto object = optional_object(input, "opt");
  const auto flag = [&](const char* name) { return struct_bool(object, "opt", "ListJSONOpt", name, false); };
  list_options options;
  options.recurse = flag("recurse");
  options.no_mod_time = flag("noModTime");
  options.no_mime_type = flag("noMimeType");
  options.show_encrypted = flag("showEncrypted");
  options.show_orig_ids = flag("showOrigIDs");
  options.show_hash = flag("showHash");
  options.dirs_only = flag("dirsOnly");
  options.files_only = flag("filesOnly");
  options.metadata = flag("metadata");
  for (const auto& name : struct_strings(object, "opt", "ListJSONOpt", "hashTypes")) {
    const auto type = parse_hash_type(name);
    if (!type) fail(failure_kind::other, "unknown hash type " + go_quote(name));
    options.show_hash = true;
    if (*type != hash_type::none) options.hash_types.push_back(*type);
  }
  return options;
}

void time_formatter::append(std::string& out, nanoseconds time) {
  auto second = time / nanoseconds_in_second;
  auto rest = time % nanoseconds_in_second;
  if (rest < 0) {
    rest += nanoseconds_in_second;
    --second;
  }
  if (second != second_) {
    constexpr std::size_t date_size = 19; // 2006-01-02T15:04:05
    const auto text = format_rfc3339(time, 0);
    date_ = text.substr(0, date_size);
    zone_ = text.substr(date_size);
    second_ = second;
  }
  out += date_;
  if (decimals_ > 0) {
    char digits[10] = {'.', '0', '0', '0', '0', '0', '0', '0', '0', '0'};
    for (int i = 9; i > 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    out.append(digits, static_cast<std::size_t>(decimals_) + 1);
  }
  out += zone_;
}

item_writer::item_writer(const list_options& options, nanoseconds precision, const mime_types& types,
                         int depth) :
    options_(options),
    types_(types), times_(decimals_of_precision(precision)), depth_(depth) {
  next_ = ",\n" + std::string(static_cast<std::size_t>(depth) + 1, '\t');
}

std::string_view item_writer::type_of(std::string_view name) {
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string_view::npos ? std::string_view{} : name.substr(dot);
  if (last_type_.empty() || extension != last_extension_) {
    last_type_ = types_.of(name);
    last_extension_ = extension;
  }
  return last_type_;
}

void item_writer::key(std::string& out, const char* name) const {
  out += next_;
  out += '"';
  out += name;
  out += "\": ";
}

void item_writer::text(std::string& out, const char* name, std::string_view value) const {
  key(out, name);
  append_string(out, value);
}

void item_writer::write(std::string& out, std::string_view path, const entry_view& entry,
                        const item_extras* extras) {
  const bool directory = entry.kind == entry_kind::directory;
  out += '{';
  out.append(next_, 1, std::string::npos);
  out += "\"Path\": ";
  append_string(out, path);
  text(out, "Name", entry.name);
  if (extras != nullptr && !extras->encrypted_path.empty()) {
    text(out, "EncryptedPath", extras->encrypted_path);
    text(out, "Encrypted",
         std::string_view{extras->encrypted_path}.substr(extras->encrypted_path.rfind('/') + 1));
  }
  key(out, "Size");
  append_number(out, entry.size);
  if (!options_.no_mime_type) {
    const bool known = extras != nullptr && !extras->mime_type.empty();
    text(out, "MimeType", directory ? "inode/directory" : known ? extras->mime_type : type_of(entry.name));
  }
  key(out, "ModTime");
  out += '"';
  if (!options_.no_mod_time) times_.append(out, entry.modified);
  out += '"';
  key(out, "IsDir");
  out += directory ? "true" : "false";
  if (extras != nullptr) {
    if (!extras->hashes.empty()) {
      std::map<std::string_view, std::string_view> by_name;
      for (const auto& [type, hex] : extras->hashes) by_name[hash_name(type)] = hex;
      key(out, "Hashes");
      json_writer w{out, depth_ + 1};
      w.begin_object();
      for (const auto& [name, hex] : by_name) w.key(name), w.value(hex);
      w.end_object();
    }
    if (!extras->id.empty()) text(out, "ID", extras->id);
    if (!extras->original_id.empty()) text(out, "OrigID", extras->original_id);
    if (!extras->tier.empty()) text(out, "Tier", extras->tier);
    if (extras->is_bucket) {
      key(out, "IsBucket");
      out += "true";
    }
    if (!extras->metadata.empty()) {
      key(out, "Metadata");
      json_writer w{out, depth_ + 1};
      w.begin_object();
      for (const auto& [name, value] : extras->metadata) w.key(name), w.value(value);
      w.end_object();
    }
  }
  out += '\n';
  out.append(static_cast<std::size_t>(depth_), '\t');
  out += '}';
}

} // namespace argosy::rc
