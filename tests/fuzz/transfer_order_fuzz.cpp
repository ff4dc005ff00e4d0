#include "core/transfer_order.hpp"

#include <array>

#include "tests/fuzz/fuzz.hpp"

// An input is an order in the first line, then three paths, then numbers.
namespace argosy::fuzz {

void check(std::string_view input) {
  reader in{input};
  const auto text = in.line();
  const auto order = accepted([&] { return transfer_order{text}; });
  if (!order) return;
  std::array<ordered_file, 3> files;
  for (auto& file : files) file.path = in.line();
  for (auto& file : files) {
    file.size = in.number();
    file.modified = in.number();
  }
  for (const auto& a : files) {
    expect(!order->before(a, a), "nothing comes before itself", text);
    for (const auto& b : files) {
      const bool first = order->before(a, b);
      expect(!first || !order->before(b, a), "of two one comes first", text);
      for (const auto& c : files)
        if (first && order->before(b, c)) expect(order->before(a, c), "an order goes through", text);
    }
  }
  for (const std::size_t workers : {0U, 1U, 4U, 1000U})
    expect(order->front_workers(workers) <= workers, "no more workers than there are", text);
}

} // namespace argosy::fuzz
