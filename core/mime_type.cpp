#include "core/mime_type.hpp"

#include <fstream>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "core/unicode.hpp"

namespace argosy {

namespace {

struct entry {
  const char* type;
  const char* extensions; // separated by spaces
};

// What Go's package mime knows without any file.
constexpr entry built_in[] = {
    {"image/avif", ".avif"},
    {"text/css; charset=utf-8", ".css"},
    {"image/gif", ".gif"},
    {"text/html; charset=utf-8", ".htm .html"},
    {"image/jpeg", ".jpeg .jpg"},
    {"text/javascript; charset=utf-8", ".js .mjs"},
    {"application/json", ".json"},
    {"application/pdf", ".pdf"},
    {"image/png", ".png"},
    {"image/svg+xml", ".svg"},
    {"application/wasm", ".wasm"},
    {"image/webp", ".webp"},
    {"text/xml; charset=utf-8", ".xml"},
};

// What parts of rclone set over everything else: the rc server, and the backend for Google Drive for its
// documents.
constexpr entry forced[] = {
    {"application/wasm", ".wasm"},
    {"application/javascript", ".js"},
    {"application/epub+zip", ".epub"},
    {"application/json", ".json"},
    {"application/msword", ".doc"},
    {"application/pdf", ".pdf"},
    {"application/rtf", ".rtf"},
    {"application/vnd.ms-excel", ".xls"},
    {"application/vnd.oasis.opendocument.presentation", ".odp"},
    {"application/vnd.oasis.opendocument.spreadsheet", ".ods"},
    {"application/vnd.oasis.opendocument.text", ".odt"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
    {"application/x-msmetafile", ".wmf"},
    {"application/zip", ".zip"},
    {"image/bmp", ".bmp"},
    {"image/jpeg", ".jpg"},
    {"image/pjpeg", ".pjpeg"},
    {"image/png", ".png"},
    {"image/svg+xml", ".svg"},
    {"text/csv; charset=utf-8", ".csv"},
    {"text/html; charset=utf-8", ".html"},
    {"text/plain; charset=utf-8", ".txt"},
    {"text/tab-separated-values; charset=utf-8", ".tsv"},
    {"application/x-link-desktop", ".desktop"},
    {"application/x-link-url", ".url"},
    {"application/x-link-webloc", ".webloc"},
};

// What rclone adds for extensions that are still unknown.
constexpr entry extras[] = {
    {"audio/flac", ".flac"},
    {"audio/mpeg", ".mpga .mpega .mp2 .mp3 .m4a"},
    {"audio/ogg", ".oga .ogg .opus .spx"},
    {"audio/x-wav", ".wav"},
    {"image/tiff", ".tiff .tif"},
    {"video/dv", ".dif .dv"},
    {"video/fli", ".fli"},
    {"video/mpeg", ".mpeg .mpg .mpe"},
    {"video/MP2T", ".ts"},
    {"video/mp4", ".mp4"},
    {"video/quicktime", ".qt .mov"},
    {"video/ogg", ".ogv"},
    {"video/webm", ".webm"},
    {"video/x-msvideo", ".avi"},
    {"video/x-matroska", ".mpv .mkv"},
    {"text/srt; charset=utf-8", ".srt"},
};

const std::string unknown_type = "application/octet-stream";

// Text types without a charset are UTF-8, and Go writes them anew in lower case when it says so.
std::string with_charset(const std::string& type) {
  if (type.rfind("text/", 0) != 0 || type.find(';') != std::string::npos) return type;
  return to_lower(type) + "; charset=utf-8";
}

} // namespace

struct mime_types::tables {
  std::unordered_map<std::string, std::string> exact;
  std::unordered_map<std::string, std::string> lower_case;

  const std::string* find(const std::string& extension) const {
    if (const auto found = exact.find(extension); found != exact.end()) return &found->second;
    if (const auto found = lower_case.find(to_lower(extension)); found != lower_case.end())
      return &found->second;
    return nullptr;
  }

  void set(const std::string& extension, const std::string& type) {
    lower_case[to_lower(extension)] = exact[extension] = with_charset(type);
  }

  // Lines like `50:image/png:*.png`, the weightiest first: the first one for an extension counts.
  bool read_globs(const std::string& path) {
    std::ifstream file{path};
    if (!file) return false;
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream fields{line};
      std::string weight, type, glob;
      std::getline(fields, weight, ':');
      std::getline(fields, type, ':');
      std::getline(fields, glob, ':');
      if (weight.empty() || weight.front() == '#' || glob.size() < 3 || glob.rfind("*.", 0) != 0) continue;
      const std::string extension = glob.substr(1);
      if (extension.find_first_of("?*[") != std::string::npos || exact.count(extension) != 0) continue;
      set(extension, type);
    }
    return true;
  }

  // Lines like `image/jpeg jpeg jpg`: the last one for an extension counts.
  void read_types(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream fields{line};
      std::string type, extension;
      if (!(fields >> type) || type.front() == '#') continue;
      while (fields >> extension && extension.front() != '#') set("." + extension, type);
    }
  }
};

void mime_types::deleter::operator()(tables* t) const { delete t; }

mime_types::mime_types(const mime_files& files) : tables_(new tables) {
  tables& t = *tables_;
  const auto for_each = [](const auto& entries, const auto& action) {
    for (const entry& e : entries) {
      std::istringstream extensions{e.extensions};
      std::string extension;
      while (extensions >> extension) action(extension, e.type);
    }
  };
  for_each(built_in, [&t](const std::string& extension, const char* type) { t.set(extension, type); });
  bool has_globs = false;
  for (const auto& path : files.globs) {
    has_globs = t.read_globs(path);
    if (has_globs) break;
  }
  if (!has_globs)
    for (const auto& path : files.types) t.read_types(path);
  for_each(forced, [&t](const std::string& extension, const char* type) { t.set(extension, type); });
  for_each(extras, [&t](const std::string& extension, const char* type) {
    if (t.find(extension) == nullptr) t.set(extension, type);
  });
}

const std::string* mime_types::find(std::string_view path) const {
  const auto mark = path.find_last_of("./");
  if (mark == std::string_view::npos || path[mark] == '/') return nullptr;
  return tables_->find(std::string{path.substr(mark)});
}

std::size_t mime_types::extensions_begin(std::string_view path) const {
  const auto name = path.rfind('/') + 1; // npos + 1 is 0
  auto cut = path.size();
  while (cut > name) {
    const auto dot = path.substr(0, cut).rfind('.');
    if (dot == std::string_view::npos || dot < name) break;
    if (cut != path.size() && find(path.substr(dot, cut - dot)) == nullptr) break;
    cut = dot;
  }
  return cut;
}

const std::string& mime_types::of(std::string_view path) const {
  const auto* type = find(path);
  return type == nullptr || type->find('/') == std::string::npos ? unknown_type : *type;
}

} // namespace argosy
