#pragma once

#include "core/log.hpp"
#include "http/exchange.hpp"
#include "http/listing_page.hpp"
#include "http/markup/page_template.hpp"

namespace argosy {

/// The page as HTML; `look` null: our own. A template that asks for what is not there gives rclone's 500, and
/// a line in the log.
http_reply page_reply(const listing_page& page, const markup::page_template* look, logger& log);

} // namespace argosy
