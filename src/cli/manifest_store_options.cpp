#include <attache/cli/run.hpp>

#include "command_line.hpp"
#include "manifest_store_commands.hpp"

#include <CLI/CLI.hpp>

namespace attache {

namespace {

void add_job(CLI::App& app, JobRequest& job) {
  app.add_option("--farm-id", job.farm_id, "Farm, e.g. farm-0123456789abcdef0123456789abcdef");
  app.add_option("--queue-id", job.queue_id, "Queue of that farm");
  app.add_option("--job-id", job.job_id, "Job of that queue");
  app.add_option("--step-id", job.step_id, "Step of that job");
  app.add_option("--task-id", job.task_id, "Task of that step");
  app.add_option("--session-action-id", job.session_action_id, "Session action that left the outputs");
}

void add_download(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("download", "Fetch manifests from a store, merged for each root");
  const auto command = std::make_shared<ManifestDownloadCommand>();
  app->add_option("DIR", command->directory, "Directory for the manifests; must exist")->required();
  add_job(*app, command->job);
  app->add_option("--asset-type", command->asset_type,
                  "input, output or all; default: what the other options say where to find");
  app->add_option("--attachments", command->attachments,
                  "What GetJob answers, or its member 'attachments', as a JSON file: names the job's input manifests, "
                  "which no listing shows");
  app->add_option("--manifest-path", command->manifest_paths,
                  "A manifest as the service names it (inputManifestPath, outputManifestPath); may be repeated")
      ->allow_extra_args(false);
  app->add_option("--key", command->keys, "A manifest by its key in the bucket; may be repeated")
      ->allow_extra_args(false);
  app->add_option(
      "--name", command->name,
      "Object name, or the hash in it. Of a queue's inputs the newest of that name; of a job's outputs only "
      "those of that name");
  app->add_option("--root", command->root, "Root of manifests given by key, path or name that do not state theirs");
  app->add_option("--latest-by", command->latest_by,
                  "Which outputs of a task are the latest: by the 'name' of the folder (default), which begins with a "
                  "worker's time, or as last 'modified' in the store");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "Outputs of a task are those of its latest session action. Manifests of one root become one: inputs first, then\n"
      "outputs from the oldest to the newest; of one path the last counts. A manifest whose root is not known keeps "
      "its\n"
      "name, in which the root's hash is.\n\n"
      "Example:\n"
      "  attache manifest download . --farm-id $FARM --queue-id $QUEUE --job-id $JOB --s3-root-uri s3://bucket/farm\n"
      "  attache manifest download . --attachments job.json --asset-type input --s3-root-uri s3://bucket/farm");
  choose(*app, line, command, run_manifest_download);
}

void add_upload(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("upload", "Store a manifest, in its canonical form");
  const auto command = std::make_shared<ManifestUploadCommand>();
  app->add_option("FILE", command->file, "Manifest of format v2023-03-03 or v2025-12; '-' is standard input")
      ->required();
  app->add_option("--s3-manifest-prefix", command->prefix, "Where below Manifests/ it goes, under its file name");
  app->add_option("--asset-type", command->asset_type,
                  "'input' or 'output': store it where workers and downloads look for such a manifest");
  add_job(*app, command->job);
  app->add_option("--root", command->root, "Root that its paths are relative to, as the job names it");
  app->add_option("--root-path-format", command->root_path_format,
                  "posix (default) or windows: whose path the root is");
  app->add_option("--file-system-location-name", command->location, "Location of the storage profile with the root");
  app->add_option("--guid", command->guid, "Folder of an input manifest; default: a random one");
  app->add_option("--time", command->time,
                  "When the session action ended, e.g. 2024-02-03T04:05:06.789Z; default: now");
  app->add_option("--tag", command->tags, "KEY=VALUE, a tag of the object in S3; may be repeated")
      ->allow_extra_args(false);
  add_store_options(*app, command->store);
  app->add_option("--s3-cas-uri", command->store.uri, "The same as --s3-root-uri")->excludes("--s3-root-uri");
  add_output_options(*app, line.output);
  app->footer(
      "Only the manifest is stored: upload its files first ('attache attachment upload'), for whoever sees it may "
      "want\n"
      "them.\n\n"
      "Example:\n"
      "  attache manifest upload scene.manifest --s3-manifest-prefix dailies --s3-cas-uri s3://bucket/farm\n"
      "  attache manifest upload scene.manifest --asset-type input --farm-id $FARM --queue-id $QUEUE --root /mnt/scene "
      "\\\n"
      "    --s3-cas-uri s3://bucket/farm");
  choose(*app, line, command, run_manifest_upload);
}

}  // namespace

void add_manifest_store(CLI::App& parent, CommandLine& line) {
  add_download(parent, line);
  add_upload(parent, line);
}

}  // namespace attache
