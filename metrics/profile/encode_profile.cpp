#include <functional>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "metrics/profile/gzip.hpp"
#include "metrics/profile/profile.hpp"

namespace argosy {

namespace {

// Fields of profile.proto. The format has not changed since 2016 but by additions; these few lines take the
// place of a library and a compiler of protocols.
enum profile_field : std::uint32_t {
  sample_type = 1,
  sample = 2,
  mapping = 3,
  location = 4,
  function = 5,
  string_table = 6,
  time_nanos = 9,
  duration_nanos = 10,
  period_type = 11,
  period = 12,
  default_sample_type = 14
};

// A message in protocol buffers' wire format: varints and nested messages is all that profiles need.
class message {
public:
  message& number(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return *this; // absent means 0
    varint(field << 3U);
    varint(value);
    return *this;
  }
  message& number(std::uint32_t field, std::int64_t value) {
    return number(field, static_cast<std::uint64_t>(value));
  }
  message& bytes(std::uint32_t field, std::string_view value) {
    varint(field << 3U | 2U);
    varint(value.size());
    text_ += value;
    return *this;
  }
  message& nested(std::uint32_t field, const message& value) { return bytes(field, value.text_); }
  template <class Numbers>
  message& packed(std::uint32_t field, const Numbers& values) {
    message all;
    for (const auto v : values) all.varint(static_cast<std::uint64_t>(v));
    return nested(field, all);
  }
  const std::string& text() const { return text_; }

private:
  void varint(std::uint64_t value) {
    for (; value > 0x7F; value >>= 7U) text_ += static_cast<char>(value | 0x80U);
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

class encoder {
public:
  encoder(const symbol_map& names, const std::vector<code_module>& modules) :
      names_(names), modules_(modules) {
    string(""); // the first has to be empty
  }

  std::string encode(const profile& p) {
    for (const auto& t : p.types) out_.nested(sample_type, type(t));
    for (const auto& s : p.samples) out_.nested(sample, encoded(s));
    add_mappings();
    out_.nested(period_type, type(p.period_type));
    out_.number(period, p.period);
    out_.number(time_nanos, p.taken);
    out_.number(duration_nanos, p.duration);
    out_.number(default_sample_type, string(p.types.at(p.shown).name));
    for (const auto* text : order_) out_.bytes(string_table, *text);
    return gzip(out_.text());
  }

private:
  std::uint64_t string(std::string_view text) {
    const auto [place, fresh] = strings_.try_emplace(std::string{text}, order_.size());
    if (fresh) order_.push_back(&place->first);
    return place->second;
  }

  message type(const profile::value_type& t) {
    message m;
    m.number(1, string(t.name)).number(2, string(t.unit));
    return m;
  }

  message encoded(const profile_sample& s) {
    std::vector<std::uint64_t> places;
    for (const auto address : s.stack) places.push_back(location_of(address));
    message m;
    m.packed(1, places).packed(2, s.values);
    for (const auto& l : s.labels) {
      message label;
      label.number(1, string(l.key));
      if (l.text.empty())
        label.number(3, l.number).number(4, string(l.unit));
      else
        label.number(2, string(l.text));
      m.nested(3, label);
    }
    return m;
  }

  std::uint64_t location_of(std::uintptr_t address) {
    const auto [place, fresh] = locations_.try_emplace(address, locations_.size() + 1);
    if (!fresh) return place->second;
    const auto id = place->second;
    message m;
    m.number(1, id);
    const auto call = is_name(address) ? address : address - 1;
    const auto* const home = is_name(address) ? nullptr : module_of(modules_, call);
    if (home != nullptr) m.number(2, static_cast<std::uint64_t>(home - modules_.data() + 1));
    m.number(3, static_cast<std::uint64_t>(call));
    for (const auto& f : names_.at(address)) {
      message line;
      line.number(1, function_of(f)).number(2, static_cast<std::uint64_t>(f.line));
      m.nested(4, line);
    }
    out_.nested(location, m);
    return id;
  }

  std::uint64_t function_of(const frame& f) {
    const auto key = std::make_tuple(string(f.function), string(f.linkage_name), string(f.file));
    const auto [place, fresh] = functions_.try_emplace(key, functions_.size() + 1);
    if (fresh) {
      message m;
      m.number(1, place->second).number(2, std::get<0>(key)).number(3, std::get<1>(key));
      m.number(4, std::get<2>(key));
      out_.nested(function, m);
    }
    return place->second;
  }

  void add_mappings() {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      const auto& from = modules_[i];
      message m;
      m.number(1, static_cast<std::uint64_t>(i + 1)).number(2, std::uint64_t{from.start});
      m.number(3, std::uint64_t{from.limit}).number(4, from.file_offset);
      m.number(5, string(from.path.empty() ? "[vdso]" : from.path)).number(6, string(from.build_id));
      // It has functions, files, lines and inlined frames: otherwise pprof looks for the program to ask it.
      for (const std::uint32_t has : {7U, 8U, 9U, 10U}) m.number(has, std::uint64_t{1});
      out_.nested(mapping, m);
    }
  }

  const symbol_map& names_;
  const std::vector<code_module>& modules_;
  message out_;
  std::unordered_map<std::string, std::uint64_t> strings_;
  std::vector<const std::string*> order_;
  std::unordered_map<std::uintptr_t, std::uint64_t> locations_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, std::uint64_t> functions_;
};

} // namespace

std::string encode_profile(const profile& p, const symbol_map& names,
                           const std::vector<code_module>& modules) {
  return encoder{names, modules}.encode(p);
}

} // namespace argosy
