#include "backends/web/connection.hpp"

#include <utility>

namespace argosy::web {

namespace {

constexpr std::chrono::milliseconds longest_call = std::chrono::hours{1};

} // namespace

connection::connection(std::shared_ptr<const client> by) :
    client_(std::move(by)), wire_(std::make_shared<curl::wire>(client_->remote)) {}

std::unique_ptr<exchange> connection::begin(const may_block& on, request what) {
  return std::unique_ptr<exchange>{new exchange{on, client_, wire_, std::move(what)}};
}

connection::whole_answer connection::call(const may_block& on, request what, std::size_t most) {
  if (what.longest.count() == 0) what.longest = longest_call;
  const auto under_way = begin(on, std::move(what));
  whole_answer out;
  out.head = under_way->head(on);
  out.body = under_way->read_all(on, most);
  return out;
}

} // namespace argosy::web
