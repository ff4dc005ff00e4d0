#include "backends/web/markup.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include "core/failure.hpp"

namespace argosy::web {

namespace {

void start_library() {
  struct library {
    library() { xmlInitParser(); }
  };
  static const library once;
}

const char* chars(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : std::string_view{chars(text)};
}

void say_nothing(void*, xmlErrorPtr) {}

struct context_closer {
  void operator()(xmlParserCtxtPtr context) const {
    if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
    xmlFreeParserCtxt(context);
  }
};
using context_handle = std::unique_ptr<xmlParserCtxt, context_closer>;

// libxml2 takes pieces whose length is an int.
constexpr std::size_t largest_piece = 1 << 30;

} // namespace

struct xml_reader::state {
  xml_events& events;
  std::size_t depth = 0;
  bool whole = false;
  std::exception_ptr trouble; // of an event
  context_handle context;

  explicit state(xml_events& to) : events(to) {
    start_library();
    xmlSAXHandler handler{};
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = &on_begin;
    handler.endElementNs = &on_end;
    handler.characters = &on_text;
    handler.cdataBlock = &on_text;
    // Only the five that XML itself has.
    handler.getEntity = [](void*, const xmlChar* name) { return xmlGetPredefinedEntity(name); };
    handler.serror = &say_nothing;
    context.reset(xmlCreatePushParserCtxt(&handler, this, nullptr, 0, nullptr));
    if (!context) fail(failure_kind::retryable, "no memory for a parser");
    xmlCtxtUseOptions(context.get(), XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_HUGE);
  }

  template <class Event>
  void call(Event event) {
    if (trouble) return;
    try {
      event();
    } catch (...) {
      trouble = std::current_exception();
      xmlStopParser(context.get());
    }
  }

  static void on_begin(void* self, const xmlChar* name, const xmlChar*, const xmlChar* space, int,
                       const xmlChar**, int, int, const xmlChar**) {
    auto& here = *static_cast<state*>(self);
    ++here.depth;
    here.call([&] { here.events.begin(view(space), view(name)); });
  }
  static void on_end(void* self, const xmlChar* name, const xmlChar*, const xmlChar* space) {
    auto& here = *static_cast<state*>(self);
    // What was cut off is closed by the parser as well, when it is told of the end.
    if (--here.depth == 0 && !here.finishing) here.whole = true;
    here.call([&] { here.events.end(view(space), view(name)); });
  }
  static void on_text(void* self, const xmlChar* text, int size) {
    auto& here = *static_cast<state*>(self);
    here.call([&] { here.events.text({chars(text), static_cast<std::size_t>(size)}); });
  }

  void feed(const char* data, std::size_t size, bool last) {
    finishing = last;
    do {
      const auto piece = std::min(size, largest_piece);
      xmlParseChunk(context.get(), data, static_cast<int>(piece), last ? 1 : 0);
      if (trouble) std::rethrow_exception(trouble);
      data += piece;
      size -= piece;
    } while (size > 0);
  }
  bool finishing = false;
};

xml_reader::xml_reader(xml_events& to) : state_(std::make_unique<state>(to)) {}

xml_reader::~xml_reader() = default;

void xml_reader::feed(const char* data, std::size_t size) {
  if (size > 0) state_->feed(data, size, false);
}

bool xml_reader::finish() {
  state_->feed("", 0, true);
  return state_->whole;
}

bool xml_reader::well_formed() const { return state_->context->wellFormed != 0; }

struct link_reader::state {
  std::function<void(std::string&&)> found;
  std::exception_ptr trouble;
  context_handle context;

  explicit state(std::function<void(std::string&&)> to) : found(std::move(to)) {
    start_library();
    htmlSAXHandler handler{};
    handler.startElement = &on_begin;
    handler.serror = &say_nothing;
    handler.initialized = XML_SAX2_MAGIC;
    context.reset(htmlCreatePushParserCtxt(&handler, this, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
    if (!context) fail(failure_kind::retryable, "no memory for a parser");
    htmlCtxtUseOptions(context.get(), HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR);
  }

  static void on_begin(void* self, const xmlChar* name, const xmlChar** attributes) {
    auto& here = *static_cast<state*>(self);
    if (here.trouble || attributes == nullptr || std::strcmp(chars(name), "a") != 0) return;
    for (; attributes[0] != nullptr; attributes += 2) {
      if (std::strcmp(chars(attributes[0]), "href") != 0) continue;
      try {
        if (attributes[1] != nullptr) here.found(chars(attributes[1]));
      } catch (...) {
        here.trouble = std::current_exception();
      }
      return;
    }
  }

  void feed(const char* data, std::size_t size, bool last) {
    do {
      const auto piece = std::min(size, largest_piece);
      htmlParseChunk(context.get(), data, static_cast<int>(piece), last ? 1 : 0);
      if (trouble) std::rethrow_exception(trouble);
      data += piece;
      size -= piece;
    } while (size > 0);
  }
};

link_reader::link_reader(std::function<void(std::string&&)> found) :
    state_(std::make_unique<state>(std::move(found))) {}

link_reader::~link_reader() = default;

void link_reader::feed(const char* data, std::size_t size) {
  if (size > 0) state_->feed(data, size, false);
}

void link_reader::finish() { state_->feed("", 0, true); }

} // namespace argosy::web
