#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "backends/s3/credentials.hpp"
#include "backends/web/connection.hpp"
#include "core/time_text.hpp"

namespace argosy::s3 {

/// Credentials of the role that this container (ECS, EKS) or machine (EC2) has at Amazon. They are good for
/// some hours and fetched anew before they end. Thread-safe.
class role_credentials {
public:
  role_credentials(environment env, std::shared_ptr<const web::client> over);
  /// As they are now. Asks who hands them out, within two seconds, when there are none or theirs is the last
  /// minute. Throws failure.
  credentials current(const may_block& on);

private:
  struct handed_out {
    credentials who;
    nanoseconds end = 0; ///< 0: none
  };
  handed_out fetch(const may_block& on);
  handed_out of_container(const may_block& on, const std::string& url);
  handed_out of_machine(const may_block& on);
  web::connection::whole_answer ask(const may_block& on, web::request what);

  const environment env_;
  const std::shared_ptr<const web::client> client_;
  std::mutex mutex_;
  handed_out known_;
};

} // namespace argosy::s3
