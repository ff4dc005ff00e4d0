#include "http/markup/escapers.hpp"

#include <array>
#include <cstdio>

#include <utf8proc.h>

#include "core/unicode.hpp"

namespace argosy::markup {

namespace {

constexpr char32_t replacement = 0xfffd;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_identifier(char c) { return is_alphanumeric(c) || c == '$' || c == '_'; }

struct rune_at {
  char32_t rune;
  std::size_t length; // bytes; an invalid byte is U+FFFD of length 1
};

rune_at first_rune(std::string_view text) {
  const auto length = utf8_length(text);
  return length == 0 ? rune_at{replacement, 1} : rune_at{utf8_decode(text, length), length};
}

template <class Replace>
std::string replace_runes(std::string_view text, const Replace& replacement_of) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    const auto [rune, length] = first_rune(text.substr(i));
    if (!replacement_of(out, rune)) out += text.substr(i, length);
    i += length;
  }
  return out;
}

// --- HTML ---

const char* html_entity(char32_t rune, bool names_plus) {
  switch (rune) {
  case 0: return "\xef\xbf\xbd";
  case '"': return "&#34;";
  case '&': return "&amp;";
  case '\'': return "&#39;";
  case '+': return names_plus ? "&#43;" : nullptr;
  case '<': return "&lt;";
  case '>': return "&gt;";
  default: return nullptr;
  }
}

std::string html_escaped(std::string_view text, bool names_plus) {
  return replace_runes(text, [&](std::string& out, char32_t rune) {
    const auto* const entity = html_entity(rune, names_plus);
    if (entity != nullptr) out += entity;
    return entity != nullptr;
  });
}

void append_entity(std::string& out, char32_t rune) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "&#x%x;", static_cast<unsigned>(rune));
  out += text.data();
}

// Without quotes around it spaces and more would end the value, and an empty one would take the next
// attribute.
std::string unquoted_escaped(std::string_view text) {
  if (text.empty()) return refused_value;
  return replace_runes(text, [](std::string& out, char32_t rune) {
    if (rune == 0) return out += "&#xfffd;", true;
    if ((rune >= 0x9 && rune <= 0xd) || rune == ' ' || rune == '=' || rune == '`')
      return out += "&#" + std::to_string(static_cast<unsigned>(rune)) + ";", true;
    if (const auto* const entity = html_entity(rune, true)) return out += entity, true;
    if ((rune >= 0xfdd0 && rune <= 0xfdef) || (rune >= 0xfff0 && rune <= 0xffff))
      return append_entity(out, rune), true;
    return false;
  });
}

std::string attribute_name(std::string_view text) {
  const auto lower = to_lower(text);
  if (lower.empty() || content_of_attribute(lower) != attribute_content::plain) return refused_value;
  for (const char c : lower)
    if (!is_alphanumeric(c)) return refused_value;
  return lower;
}

// --- URLs ---

bool same_word(std::string_view a, std::string_view b) { return to_lower(a) == b; }

// Whether it is relative, or goes to the web or to a mailbox: nothing else may be followed, least of all
// javascript:.
bool is_safe_url(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return true;
  const auto scheme = text.substr(0, colon);
  return scheme.find('/') != std::string_view::npos || same_word(scheme, "http") ||
         same_word(scheme, "https") || same_word(scheme, "mailto");
}

// `whole`: what parts a URL stays, as do escapes that are there already.
std::string url_escaped(std::string_view text, bool whole) {
  constexpr std::string_view parting = "!#$&*+,/:;=?@[]", plain = "-._~";
  constexpr const char* digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool stays =
        is_alphanumeric(c) || plain.find(c) != std::string_view::npos ||
        (whole && (parting.find(c) != std::string_view::npos ||
                   (c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]))));
    if (stays) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

bool is_html_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// One candidate of a srcset: a URL, and a width or density behind it.
std::string srcset_element(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size() && is_html_space(text[begin])) ++begin;
  auto end = begin;
  while (end < text.size() && !is_html_space(text[end])) ++end;
  bool fine = is_safe_url(text.substr(begin, end - begin));
  for (const char c : text.substr(end)) fine = fine && (is_html_space(c) || is_alphanumeric(c));
  if (!fine) return std::string{"#"} + refused_value;
  return std::string{text.substr(0, begin)} + url_escaped(text.substr(begin, end - begin), true) +
         std::string{text.substr(end)};
}

std::string srcset(std::string_view text) {
  std::string out;
  for (;;) {
    const auto comma = text.find(',');
    out += srcset_element(text.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    out += ',';
    text.remove_prefix(comma + 1);
  }
}

// Go's url.QueryEscape.
std::string query_escaped(std::string_view text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alphanumeric(c) || std::string_view{"-_.~"}.find(c) != std::string_view::npos)
      out += c;
    else if (c == ' ')
      out += '+';
    else
      (out += '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return out;
}

// --- scripts ---

std::string code_unit(char32_t rune) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(rune));
  return text.data();
}

// `named`: characters that get a backslash; `coded`: those that become \u....
std::string script_escaped(std::string_view text, std::string_view named, std::string_view coded) {
  return replace_runes(text, [&](std::string& out, char32_t rune) {
    const char c = rune < 0x80 ? static_cast<char>(rune) : '\0';
    if (rune == '\t') return out += "\\t", true;
    if (rune == '\n') return out += "\\n", true;
    if (rune == '\f') return out += "\\f", true;
    if (rune == '\r') return out += "\\r", true;
    if (rune < ' ' || rune == 0x2028 || rune == 0x2029) return out += code_unit(rune), true;
    if (c != '\0' && named.find(c) != std::string_view::npos) return (out += '\\') += c, true;
    if (c != '\0' && coded.find(c) != std::string_view::npos) return out += code_unit(rune), true;
    return false;
  });
}

constexpr std::string_view coded_in_strings = "\"'`&+<>";

std::string js_value(const std::vector<value>& arguments) {
  std::string json;
  if (arguments.size() == 1)
    append_json(json, arguments.front());
  else
    append_json(json, value{shown(arguments)});
  // `return{{.}}` must not become one word.
  const bool pads = is_identifier(json.front()) || is_identifier(json.back());
  return pads ? " " + json + " " : json;
}

std::string js_regexp(std::string_view text) {
  const auto escaped = script_escaped(text, "$()*-./?[\\]^{|}", "\"'&+<>");
  return escaped.empty() ? "(?:)" : escaped; // `//` would begin a comment
}

// Go's unicode.IsPrint, for what is not ASCII.
bool is_printable(char32_t rune) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(rune))) {
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_ZS:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CO: return false;
  default: return true;
  }
}

// --- style sheets ---

bool is_css_name(char32_t rune) {
  return (rune < 0x80 && is_alphanumeric(static_cast<char>(rune))) || rune == '-' || rune == '_' ||
         rune >= 0x80;
}

std::string css_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::string_view{"\t\n\f\r\"&'()+/:;<>{}\0", 18}.find(c) != std::string_view::npos) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\%x", static_cast<unsigned>(c));
      out += code.data();
      // A space ends the number where it could be read on.
      if (i + 1 == text.size() || is_hex(text[i + 1]) || is_html_space(text[i + 1])) out += ' ';
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

// Numbers, names, colours: nothing that could begin another rule or a program.
std::string css_value(std::string_view text) {
  const auto decoded = decode_css(text);
  std::string name;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const char c = decoded[i];
    if (std::string_view{"\0\"'()/;@[\\]`{}<>", 16}.find(c) != std::string_view::npos) return refused_value;
    if (c == '-') {
      if (i > 0 && decoded[i - 1] == '-') return refused_value;
    } else if (static_cast<unsigned char>(c) < 0x80 && is_css_name(static_cast<unsigned char>(c))) {
      name += c;
    }
  }
  name = to_lower(name);
  for (const auto* const program : {"expression", "mozbinding"})
    if (name.find(program) != std::string::npos) return refused_value;
  return decoded;
}

} // namespace

std::string decode_css(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto slash = text.find('\\');
    out += text.substr(0, slash);
    text.remove_prefix(slash == std::string_view::npos ? text.size() : slash);
    if (text.size() < 2) break;
    if (!is_hex(text[1])) {
      const auto length = first_rune(text.substr(1)).length;
      out += text.substr(1, length);
      text.remove_prefix(1 + length);
      continue;
    }
    std::size_t end = 2;
    while (end < text.size() && end < 7 && is_hex(text[end])) ++end;
    auto code = std::stoul(std::string{text.substr(1, end - 1)}, nullptr, 16);
    if (code > 0x10ffff) {
      code /= 16;
      --end;
    }
    append_utf8(out, code >= 0xd800 && code <= 0xdfff ? replacement : static_cast<char32_t>(code));
    text.remove_prefix(end);
    if (text.substr(0, 2) == "\r\n")
      text.remove_prefix(2);
    else if (!text.empty() && is_html_space(text.front()))
      text.remove_prefix(1);
  }
  return out;
}

std::string js_escaped(std::string_view text) {
  return replace_runes(text, [](std::string& out, char32_t rune) {
    if (rune == '\\' || rune == '\'' || rune == '"') return (out += '\\') += static_cast<char>(rune), true;
    const bool mark = rune == '<' || rune == '>' || rune == '&' || rune == '=';
    if (!mark && (rune < 0x80 ? rune >= ' ' : is_printable(rune))) return false;
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), "\\u%04X", static_cast<unsigned>(rune));
    out += code.data();
    return true;
  });
}

std::string escaped(escaping how, const std::vector<value>& arguments) {
  if (how == escaping::js_value) return js_value(arguments);
  if (how == escaping::comment) return {};
  std::vector<value> present;
  for (const auto& one : arguments)
    if (!std::holds_alternative<std::monostate>(one)) present.push_back(one);
  const auto text = shown(present);
  switch (how) {
  case escaping::html: return html_escaped(text, false);
  case escaping::html_text:
  case escaping::rcdata:
  case escaping::attribute: return html_escaped(text, true);
  case escaping::unquoted_attribute: return unquoted_escaped(text);
  case escaping::attribute_name: return attribute_name(text);
  case escaping::url_filter: return is_safe_url(text) ? text : std::string{"#"} + refused_value;
  case escaping::url_part: return url_escaped(text, true);
  case escaping::url_query: return url_escaped(text, false);
  case escaping::urlquery: return query_escaped(text);
  case escaping::srcset: return srcset(text);
  case escaping::js_text: return script_escaped(text, "/\\", coded_in_strings);
  case escaping::js_template: return script_escaped(text, "/\\", "\"'`&+<>${}");
  case escaping::js_regexp: return js_regexp(text);
  case escaping::css_value: return css_value(text);
  case escaping::css_text: return css_text(text);
  default: return text;
  }
}

} // namespace argosy::markup
