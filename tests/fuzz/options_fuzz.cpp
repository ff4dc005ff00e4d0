#include "core/options.hpp"

#include "core/call_options.hpp"
#include "core/filter.hpp"
#include "core/json_document.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a byte that picks an option and a text for it in the first line, and a JSON object.
namespace argosy::fuzz {

namespace {

// Bytes below 1 KiB are written without a unit, and a bare number is read as KiB: so has rclone it.
bool comes_back(const option_info& info, const std::string& text) {
  return (info.type != option_type::size && info.type != option_type::bandwidth) ||
         text.find_first_of("0123456789") == std::string::npos ||
         text.find_first_of("KMGTPE") != std::string::npos;
}

template <class Options>
void check_text(const option_table<Options>& table, std::uint8_t pick, const std::string& text) {
  const auto& info = table.rows()[pick % table.rows().size()].info;
  Options options;
  if (!done([&] { table.set_from_text(options, info.flat_name, text); })) return;
  const auto written = table.to_text(options, info.flat_name).value_or("nothing");
  if (!comes_back(info, written)) return;
  Options again;
  expect(done([&] { table.set_from_text(again, info.flat_name, written); }), "what is shown can be set",
         written);
  const auto shown_again = table.to_text(again, info.flat_name).value_or("nothing");
  if (!comes_back(info, shown_again)) return;
  // Rounding ends after the first time: what was read of a rounded text is written as that text.
  Options third;
  table.set_from_text(third, info.flat_name, shown_again);
  expect_equal(table.to_text(third, info.flat_name).value_or("nothing"), shown_again,
               "an option has one text");

  Options flag;
  done([&] { table.set_from_flag(flag, info.flat_name, text); });
}

template <class Options>
void check_json(const option_table<Options>& table, const json& object) {
  Options options;
  done([&] { table.assign(options, object); });
  const auto shown_options = table.to_json(options);
  Options again;
  expect(done([&] { table.assign(again, shown_options); }), "what options/get shows can be set",
         shown(shown_options));
  std::string text;
  json_writer writer{text};
  table.write(writer, options);
  expect_equal(parse_json_document(text), parse_json_document(render_json(shown_options)),
               "options are shown in one way");
}

void check_call(json parameters) {
  const auto before = parameters;
  const auto text = take_option_overrides(parameters);
  if (!before.is_object()) return expect(text.empty(), "only an object holds options", text);
  expect(parameters.size() <= before.size(), "options are taken out of the parameters");
  expect_equal(text.empty(), parameters.size() == before.size(), "what is taken is in the text");
  main_options options;
  filter_options filters;
  if (!done([&] { apply_option_overrides(text, options, filters); })) return;
  expect(options.transfers >= 1 && options.checkers >= 1, "somebody works", text);
  done([&] { settle(options); });
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto pick = in.byte();
  const std::string text{in.line()};
  check_text(main_option_table(), pick, text);
  check_text(filter_option_table(), pick, text);
  main_options options;
  done([&] {
    set_from_flag(options, text.substr(0, text.find('=')),
                  text.substr(std::min(text.find('='), text.size())));
  });
  const auto object = accepted([&] { return parse_json_document(in.rest()); });
  if (!object) return;
  check_json(main_option_table(), *object);
  check_json(filter_option_table(), *object);
  check_call(*object);
}

} // namespace argosy::fuzz
