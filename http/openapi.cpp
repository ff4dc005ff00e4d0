#include "http/openapi.hpp"

#include <cctype>
#include <string_view>
#include <utility>

#include "backends/storage.hpp"
#include "core/filter.hpp"
#include "core/options.hpp"
#include "http/rc/option_schema.hpp"
#include "http/rc/type_notation.hpp"

namespace argosy {

namespace {

struct named_type {
  const char* name;
  const char* notation;
  const char* help;
};

/// What several replies hold, or one reply holds in several places.
constexpr named_type named_types[] = {
    {"Error", "{error: string, input: object | null, path: string, status: integer}",
     "What a failed call answers, with the HTTP status in `status` and the parameters as they came in "
     "`input`."},
    {"AsyncStarted", "{jobid: integer, executeId: string}",
     "What a call with `_async` answers at once. job/status tells how it goes on."},
    {"Fs", "string | {_name?: string, _root?: string, type?: string, *: string}",
     "A remote: the name of a configured one and a path (drive:dir), a type with options "
     "(:sftp,host=h:dir), a local path, or an object with the same in parts."},
    {"Duration", "string", "A time span such as 1h30m, 10s, 1.5d, 90 (seconds) or off."},
    {"Size", "string", "A size such as 10Mi, 1.5G, 100 (KiB), 17B or off."},
    {"JobStatus",
     "{id: integer, executeId: string, group: string, startTime: time, endTime: time, duration: number, "
     "finished: boolean, success: boolean, error: string, output: object | null, account?: Account, pace?: "
     "Pace, node?: string, nodes?: {name: string, files: integer, bytes: integer}[]}",
     "A job. While it runs endTime is in the year 1, duration 0 and output null. In a cluster node is whose "
     "job it is, and nodes are the others that have helped."},
    {"Account",
     "{found: integer, copied: integer, skipped: integer, failed: integer, deleted: integer, renamed: "
     "integer, failedDirs: integer, attempt: integer}",
     "Files of a job by what became of them. At its end found is the sum of the five that follow. failedDirs "
     "are directories that could not be listed, made, dated or removed."},
    {"Pace", "{bwlimit: string, transfers: PaceFigure, checkers: PaceFigure}",
     "How much a job that moves files does at once, and its own limit of bytes per second."},
    {"PaceFigure", "{value: integer, reason: string}",
     "So many at once, and why: as the options say, set by job/set, or tuned and what was measured."},
    {"FileOutcome",
     "{path: string, outcome: \"copied\" | \"skipped\" | \"failed\" | \"deleted\" | \"renamed\", what: "
     "string, size: integer, error: string, kind: string, startTime: time, duration: number, attempt: "
     "integer, "
     "isDir?: boolean, from?: string, dstFs?: string}",
     "What became of a file. what is as in core/transferred, size is -1 when it is not known, error and kind "
     "are empty but for failed ones, duration is in seconds, from is where a renamed one was, and dstFs "
     "tells the two sides of sync/bisync apart."},
    {"ClusterNode",
     "{name: string, number: integer, address: string, version: string, self: boolean, "
     "draining: boolean, state: \"up\" | \"joining\" | \"lost\" | \"refused\", reason: string, lastSeen: "
     "number | null, "
     "load: number, speed: number, runningJobs: integer, runningTransfers: integer, exports: string[]}",
     "A node of the cluster. lastSeen is how many seconds ago it was heard, null if never; number is the "
     "last "
     "two digits of the ids of its jobs; reason tells why it is not up; exports are the folders that others "
     "may use, as in /data:ro."},
    {"Stats",
     "{bytes: integer, checks: integer, deletedDirs: integer, deletes: integer, elapsedTime: number, "
     "errors: integer, eta: integer | null, fatalError: boolean, lastError?: string, listed: integer, "
     "renames: integer, retryError: boolean, serverSideCopies: integer, serverSideCopyBytes: integer, "
     "serverSideMoves: integer, serverSideMoveBytes: integer, speed: number, totalBytes: integer, "
     "totalChecks: integer, totalTransfers: integer, transferTime: number, transfers: integer, "
     "checking?: string[], transferring?: RunningTransfer[], unreachable?: string[]}",
     "Figures of a stats group, or the sum over all. Times are in seconds, speed is in bytes per second. "
     "unreachable names the nodes of a cluster whose part is missing."},
    {"RunningTransfer",
     "{name: string, size: integer, bytes?: integer, eta?: integer | null, group?: string, "
     "percentage?: integer, speed?: number, speedAvg?: number, srcFs?: string, dstFs?: string}",
     "A transfer under way. Figures are absent until its first byte; size is -1 when it is not known."},
    {"TransferredItem",
     "{name: string, size: integer, bytes: integer, checked: boolean, what: string, error: string, "
     "started_at: time, completed_at: time, group: string, srcFs?: string, dstFs?: string, "
     "timestamp: integer, jobid?: integer}",
     "A piece of work that has ended. timestamp is completed_at in seconds since 1970."},
    {"ListItem",
     "{Path: string, Name: string, EncryptedPath?: string, Encrypted?: string, Size: integer, "
     "MimeType?: string, ModTime: string, IsDir: boolean, Hashes?: {*: string}, ID?: string, "
     "OrigID?: string, Tier?: string, IsBucket?: boolean, Metadata?: {*: string}}",
     "A file or directory. Size is -1 when it is not known, ModTime empty with noModTime."},
    {"MetadataInfo",
     "{Help: string, System: {*: {Help: string, Type: string, Example: string, ReadOnly: boolean}} | null}",
     "What a remote keeps about files beside their times."},
    {"Provider",
     "{Name: string, Description: string, Prefix: string, Options: Option[], CommandHelp: object[] | null, "
     "Aliases: string[] | null, Hide: boolean, MetadataInfo: MetadataInfo | null, Overview: any}",
     "A type of storage."},
    {"Option",
     "{Name: string, FieldName: string, Help: string, Groups?: string, Provider?: string, Default: any, "
     "Value: any, Examples?: {Value: string, Help: string, Provider?: string}[], ShortOpt?: string, "
     "Hide: integer, Required: boolean, IsPassword: boolean, NoPrefix: boolean, Advanced: boolean, "
     "Exclusive: boolean, Sensitive: boolean, DefaultStr: string, ValueStr: string, Type: string}",
     "An option of a storage or of the daemon."},
    {"ConfigQuestion", "{State: string, Option: Option | null, Error: string, Result: string}",
     "What config/create and config/update ask for next, with nonInteractive."},
    {"Command",
     "{Path: string, Title: string, AuthRequired: boolean, NoAuth: boolean, Help: string, "
     "NeedsRequest: boolean, NeedsResponse: boolean}",
     "A command of the remote control."},
};

json ref(const std::string& kind, const std::string& name) {
  return {{"$ref", "#/components/" + kind + "/" + name}};
}

/// `core/group-list` is coreGroupList.
std::string operation_id(std::string_view path) {
  std::string id;
  bool upper = false;
  for (const auto c : path) {
    if (c == '/' || c == '-') {
      upper = true;
      continue;
    }
    id += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return id;
}

std::string capitalized(std::string name) {
  name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
  return name;
}

/// Block main is MainOptions.
std::string block_name(const std::string& name) { return capitalized(name) + "Options"; }

/// Own parameters of core/du are CoreDuParameters.
std::string input_name(const rc::command& row) { return capitalized(operation_id(row.path)) + "Parameters"; }

json features_schema() {
  auto schema = json{{"type", "object"}, {"properties", json::object()}, {"required", json::array()}};
#define ARGOSY_FEATURE_SCHEMA(name)                                                                          \
  schema["properties"][#name] = {{"type", "boolean"}};                                                       \
  schema["required"].push_back(#name);
  ARGOSY_FEATURES(ARGOSY_FEATURE_SCHEMA)
#undef ARGOSY_FEATURE_SCHEMA
  schema["description"] = "What a remote can do.";
  return schema;
}

/// What every call takes beside its own parameters (rc-surface 2.6).
json shared_parameters() {
  const auto own = [](const char* notation, const char* help) {
    auto schema = rc::schema_of(notation);
    schema["description"] = help;
    return schema;
  };
  auto properties =
      json{{"_async", own("boolean", "Run in the background. The reply is AsyncStarted, at once.")},
           {"_group", own("string", "Name of the stats group; without it job/<id>.")},
           {"_config",
            own("MainOptions", "Global options for this call alone; also as a text that holds the object.")},
           {"_filter",
            own("FilterOptions", "Filters for this call alone; also as a text that holds the object.")}};
  const auto flat = [&](const option_info& option) {
    properties[option.flat_name] = rc::schema_of_flat_option(option);
  };
  for (const auto& row : main_option_table().rows()) flat(row.info);
  for (const auto& row : filter_option_table().rows()) flat(row.info);
  return {
      {"type", "object"},
      {"description",
       "Parameters that every command takes: special ones, and every global option and filter by its flat "
       "name. Those in _config and _filter win; a parameter of the command itself is never one of these."},
      {"properties", std::move(properties)}};
}

json parameter_schema(const rc::parameter& p) {
  auto schema = rc::schema_of(p.type);
  schema["description"] = p.help;
  return schema;
}

/// Own parameters as an object.
json input_schema(const rc::command& row) {
  auto schema = json{{"type", "object"}, {"description", std::string{"Parameters of "} + row.path + "."}};
  auto required = json::array();
  for (const auto& p : row.parameters) {
    schema["properties"][p.name] = parameter_schema(p);
    if (p.required) required.push_back(p.name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json schemas(const rc::command_table& commands) {
  auto all = json::object();
  for (const auto& row : commands.all())
    if (!row.parameters.empty()) all[input_name(row)] = input_schema(row);
  for (const auto& type : named_types) {
    all[type.name] = rc::schema_of(type.notation);
    all[type.name]["description"] = type.help;
  }
  auto blocks = json{{"type", "object"}, {"description", "Blocks of options."}};
  auto block_schemas = rc::option_block_schemas();
  for (auto& [name, schema] : block_schemas.items()) {
    blocks["properties"][name] = ref("schemas", block_name(name));
    schema["description"] = "Options of block " + name + " by their names in options/get.";
    all[block_name(name)] = std::move(schema);
  }
  all["OptionBlocks"] = std::move(blocks);
  all["Features"] = features_schema();
  all["SharedParameters"] = shared_parameters();
  return all;
}

json error_response(const char* when) {
  return {{"description", when}, {"content", {{"application/json", {{"schema", ref("schemas", "Error")}}}}}};
}

json responses() {
  return {{"AsyncStarted",
           {{"description", "Accepted, for `Prefer: respond-async`."},
            {"headers", {{"Preference-Applied", {{"schema", {{"type", "string"}}}}}}},
            {"content", {{"application/json", {{"schema", ref("schemas", "AsyncStarted")}}}}}}},
          {"BadParameter",
           error_response("A parameter is missing or has the wrong type, or the body is no JSON.")},
          {"Unauthenticated",
           {{"description", "Authentication is configured, and the credentials are missing or wrong."},
            {"content", {{"text/plain", {{"schema", {{"type", "string"}}}}}}}}},
          {"Forbidden", error_response("The command needs authentication, and none is configured.")},
          {"NotFound", error_response("The directory or object does not exist.")},
          {"Failed", error_response("Anything else went wrong; `error` says what.")}};
}

/// The raw body is the command's: its parameters stand in the URL.
bool takes_upload(const rc::command& row) { return row.needs_request && !row.needs_response; }

json request_body(const rc::command& row) {
  if (takes_upload(row))
    return {
        {"required", true},
        {"content",
         {{"multipart/form-data",
           {{"schema",
             {{"type", "object"}, {"additionalProperties", {{"type", "string"}, {"format", "binary"}}}}}}}}}};
  auto schema = ref("schemas", "SharedParameters");
  if (!row.parameters.empty()) schema = {{"allOf", json::array({ref("schemas", input_name(row)), schema})}};
  const json content{{"schema", schema}};
  // What is required may stand in the URL as well.
  return {{"required", false},
          {"content", {{"application/json", content}, {"application/x-www-form-urlencoded", content}}}};
}

json url_parameters(const rc::command& row) {
  auto all = json::array({ref("parameters", "Prefer")});
  if (!takes_upload(row)) return all;
  for (const auto& p : row.parameters)
    all.push_back({{"name", p.name},
                   {"in", "query"},
                   {"required", p.required},
                   {"description", p.help},
                   {"schema", rc::schema_of(p.type)}});
  return all;
}

json reply(const rc::command& row) {
  json content{{"application/json", {{"schema", rc::schema_of(row.result)}}}};
  if (row.needs_response) content["text/plain"] = {{"schema", {{"type", "string"}}}};
  return {{"description", "Done."},
          {"headers",
           {{"X-Rclone-Jobid",
             {{"description", "Id of the job that the call was."}, {"schema", {{"type", "integer"}}}}}}},
          {"content", std::move(content)}};
}

json operation(const rc::command& row, bool seed_rights) {
  const std::string path = row.path;
  const auto needed = (seed_rights ? row.seed : row.newest) == rc::right::authenticated;
  json answers{{"200", reply(row)},
               {"202", ref("responses", "AsyncStarted")},
               {"400", ref("responses", "BadParameter")},
               {"401", ref("responses", "Unauthenticated")},
               {"404", ref("responses", "NotFound")},
               {"500", ref("responses", "Failed")}};
  if (needed) answers["403"] = ref("responses", "Forbidden");
  const json credentials{{"basic", json::array()}};
  return {{"operationId", operation_id(path)},
          {"tags", json::array({path.substr(0, path.find('/'))})},
          {"summary", row.title},
          {"description", row.help},
          {"security", needed ? json::array({credentials}) : json::array({json::object(), credentials})},
          {"x-needs-authentication", needed},
          {"parameters", url_parameters(row)},
          {"requestBody", request_body(row)},
          {"responses", std::move(answers)}};
}

json own_document() {
  return {{"get",
           {{"operationId", "openapi"},
            {"tags", json::array({"documents"})},
            {"summary", "This document"},
            {"security", json::array({json::object(), {{"basic", json::array()}}})},
            {"responses",
             {{"200",
               {{"description", "OpenAPI 3.1"},
                {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}}},
              {"401", ref("responses", "Unauthenticated")}}}}}};
}

} // namespace

std::string openapi_document(const rc::command_table& commands, const openapi_setting& setting) {
  auto paths = json{{"/openapi.json", own_document()}};
  auto tags = json::array({{{"name", "documents"}}});
  for (const auto& row : commands.all()) {
    paths[std::string{"/"} + row.path]["post"] = operation(row, setting.seed_rights);
    const std::string family{row.path, std::string_view{row.path}.find('/')};
    if (tags.back()["name"] != family) tags.push_back({{"name", family}});
  }
  const json prefer{{"name", "Prefer"},
                    {"in", "header"},
                    {"required", false},
                    {"description", "respond-async runs the call in the background, as _async does."},
                    {"schema", {{"type", "string"}}}};
  return render_json(
      {{"openapi", "3.1.0"},
       {"info",
        {{"title", "Argosy"},
         {"version", setting.version},
         {"license", {{"name", "MIT"}, {"identifier", "MIT"}}},
         {"description",
          "The remote control of rclone, as this daemon speaks it. Every command is a POST. Parameters stand "
          "in "
          "a JSON body, a form, or the URL; JSON wins over the URL, the URL over a form. In forms and URLs "
          "everything is text: numbers and booleans are read from it, objects and lists as JSON."}}},
       {"servers", json::array({{{"url", "."}, {"description", "Where this document came from."}}})},
       {"tags", std::move(tags)},
       {"paths", std::move(paths)},
       {"components",
        {{"schemas", schemas(commands)},
         {"responses", responses()},
         {"parameters", {{"Prefer", prefer}}},
         {"securitySchemes", {{"basic", {{"type", "http"}, {"scheme", "basic"}}}}}}}});
}

} // namespace argosy
