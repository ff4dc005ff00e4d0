#include "http/rc/command.hpp"

namespace argosy::rc {

/// rclone has these calls only once a remote of its type `cache` was made. There is no such storage here, so
/// they are as unknown as in an rclone that made none.
std::vector<command> cache_commands() { return {}; }

} // namespace argosy::rc
