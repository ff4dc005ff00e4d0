#include "actors/cluster/messages.hpp"

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>

namespace argosy {
namespace {

struct config : caf::actor_system_config {
  config() { add_message_types<caf::id_block::argosy>().add_message_types<caf::id_block::argosy_cluster>(); }
};

TEST(cluster_messages_test, a_report_travels) {
  config with;
  caf::actor_system system{with};
  node_report x;
  x.number = 7;
  x.jobs = 1;
  x.transfers = 2;
  x.speed = 3.5;
  x.load = 0.25;
  x.draining = true;
  std::vector<char> bytes;

  caf::binary_serializer sink{system, bytes};
  auto out = caf::make_message(x);
  ASSERT_FALSE(sink(out)) << "type not registered?";
  caf::message in;
  caf::binary_deserializer source{system, bytes};
  ASSERT_FALSE(source(in));

  ASSERT_TRUE(in.match_elements<node_report>());
  EXPECT_EQ(caf::deep_to_string(in.get_as<node_report>(0)), caf::deep_to_string(x));
}

TEST(cluster_messages_test, the_ids_of_the_two_blocks_do_not_meet) {
  EXPECT_LE(caf::id_block::argosy::end, caf::id_block::argosy_cluster::begin);
}

} // namespace
} // namespace argosy
