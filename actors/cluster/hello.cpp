#include "actors/cluster/hello.hpp"

#include <algorithm>
#include <array>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

constexpr std::array<const char*, 4> verdict_names{"welcome", "busy", "number", "refused"};

// Numbers of 64 bits do not fit into JSON's doubles.
std::string decimal(std::uint64_t number) { return std::to_string(number); }

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  if (text.empty() || text.size() > 20) fail(failure_kind::other, "no number: " + go_quote(text));
  for (const auto c : text) {
    if (c < '0' || c > '9') fail(failure_kind::other, "no number: " + go_quote(text));
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

json to_json(const hello& said) {
  json others = json::array();
  for (const auto& one : said.others)
    others.push_back({{"name", one.name}, {"address", one.address}, {"number", one.number}});
  return {{"protocol", said.protocol},   {"name", said.name},
          {"version", said.version},     {"incarnation", decimal(said.incarnation)},
          {"cafNode", said.caf_node},    {"address", said.address},
          {"number", said.number},       {"started", decimal(static_cast<std::uint64_t>(said.started))},
          {"others", std::move(others)}, {"exports", said.exports}};
}

unsigned node_number(const json& from) {
  const auto number = from.at("number").get<std::uint64_t>();
  if (number > most_nodes) fail(failure_kind::other, "no number of a node: " + std::to_string(number));
  return static_cast<unsigned>(number);
}

std::string node_name(const json& from) {
  auto name = from.at("name").get<std::string>();
  check_node_name(name);
  return name;
}

std::string node_address(const json& from) {
  auto address = from.at("address").get<std::string>();
  split_address(address);
  return address;
}

hello hello_of(const json& from) {
  hello said;
  said.protocol = from.at("protocol").get<std::uint32_t>();
  said.name = node_name(from);
  said.version = from.at("version").get<std::string>();
  said.incarnation = number_of(from.at("incarnation").get<std::string>());
  said.caf_node = from.at("cafNode").get<std::string>();
  said.address = node_address(from);
  said.number = node_number(from);
  said.started = static_cast<nanoseconds>(number_of(from.at("started").get<std::string>()));
  for (const auto& one : from.at("others"))
    said.others.push_back({node_name(one), node_address(one), node_number(one)});
  said.exports = from.value("exports", std::vector<std::string>{});
  return said;
}

/// Whatever is wrong with it becomes one sentence.
template <class Read>
auto read(std::string_view text, Read read_it) {
  try {
    return read_it(json::parse(text));
  } catch (const json::exception& e) {
    fail(failure_kind::other, std::string{"the other node says nothing sensible: "} + e.what());
  } catch (const failure& f) {
    throw f.within("the other node says nothing sensible");
  }
}

} // namespace

std::string to_text(const hello& said) { return to_json(said).dump(); }

hello hello_from(std::string_view text) { return read(text, hello_of); }

std::string to_text(const answer& said) {
  return json{{"verdict", verdict_names[static_cast<std::size_t>(said.decision)]},
              {"reason", said.reason},
              {"from", to_json(said.from)}}
      .dump();
}

answer answer_from(std::string_view text) {
  return read(text, [](const json& from) {
    const auto name = from.at("verdict").get<std::string>();
    const auto found = std::find(verdict_names.begin(), verdict_names.end(), name);
    if (found == verdict_names.end()) fail(failure_kind::other, "unknown verdict " + go_quote(name));
    return answer{static_cast<reception>(found - verdict_names.begin()), from.at("reason").get<std::string>(),
                  hello_of(from.at("from"))};
  });
}

host_and_port split_address(const std::string& address) {
  const auto refuse = [&] {
    fail(failure_kind::bad_parameter, go_quote(address) + " is no address like 10.0.0.1:5580 or [::1]:5580");
  };
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || address.size() > 300) refuse();
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string::npos)
    refuse();
  const auto digits = address.substr(colon + 1);
  if (host.empty() || host.find_first_of("[]") != std::string::npos || digits.empty() || digits.size() > 5 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    refuse();
  const auto port = std::stoul(digits);
  if (port > 65535) refuse();
  return {host, static_cast<std::uint16_t>(port)};
}

std::string join_address(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string reachable_address(const std::string& address, const std::string& host) {
  const auto [own, port] = split_address(address);
  return own == "0.0.0.0" || own == "::" ? join_address(host, port) : address;
}

void check_node_name(const std::string& name) {
  const auto fits = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), fits))
    fail(failure_kind::bad_parameter,
         go_quote(name) + " is no name of a node: 1 to 64 letters, digits, '-', '_' and '.'");
}

} // namespace argosy
