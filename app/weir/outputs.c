/* SPDX-License-Identifier: BSD-3-Clause */
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>

#include <weir/flow_line.h>
#include <weir/log.h>
#include <weir/output_name.h>
#include <weir/print.h>
#include <weir/seqlock.h>
#include <weir/signals.h>

#include "eal.h"

/* Reports may be long, and those that are late nobody wants. */
#define REPORTS_WAITING 4
#define REPORT_WAIT_US  1000 /* how often the last one looks for room */

/* What files begin with that weir wrote, and so may write to again. */
static const char *const flows_begin[] = {"{\"", NULL};
static const char *const report_begins[] = {"{\n \"version\"", "weir ", NULL};

static void add_in_use(struct outputs *outputs, int failed, const struct stat *status)
{
	if (failed == 0)
		outputs->in_use[outputs->in_use_count++] =
			(struct file_id){status->st_dev, status->st_ino};
}

static void find_captures(struct outputs *outputs)
{
	const struct options *options = outputs->options;

	for (uint32_t i = 0; i < options->source.captures.count; i++) {
		const char *path = options->source.captures.words[i];
		struct stat status;
		int failed =
			strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &status) : stat(path, &status);

		add_in_use(outputs, failed, &status);
	}
}

/* With --flows - standard output is for the records alone, so that it can be piped. */
static const char *report_path(const struct options *options)
{
	if (options->report != NULL)
		return options->report;
	return options->flows != NULL && strcmp(options->flows, OUTPUT_STDOUT) == 0 ? OUTPUT_STDERR
										    : OUTPUT_STDOUT;
}

static bool reads_captures(const struct outputs *outputs)
{
	return outputs->options->source.kind == SOURCE_CAPTURES;
}

/* What is to be said of an outlet is the same for all. */
static int open_outlet(const struct outputs *outputs, struct outlet_settings *settings,
		       const struct sender *sender, struct outlet **outlet, struct error *error)
{
	settings->patience = reads_captures(outputs) ? OUTLET_ALWAYS : OUTLET_NEVER;
	settings->hurry = signals_stop;
	return outlet_open(settings, sender, outlet, error);
}

/* An outlet into a file. */
static int open_file(const struct outputs *outputs, struct file_settings *file,
		     struct outlet_settings *settings, struct outlet **outlet, struct error *error)
{
	struct sender sender;
	int result;

	file->append = !reads_captures(outputs);
	file->in_use = outputs->in_use;
	file->in_use_count = outputs->in_use_count;
	identity_write_as(outputs->identity, true);
	result = file_sender_open(file, &sender, error);
	identity_write_as(outputs->identity, false);
	if (result != 0)
		return result;
	settings->name = output_known_as(file->path);
	settings->ends_with_reader = strcmp(file->path, OUTPUT_STDOUT) == 0;
	return open_outlet(outputs, settings, &sender, outlet, error);
}

static int open_report(struct outputs *outputs, struct error *error)
{
	const char *path = report_path(outputs->options);
	struct file_settings file = {.path = path, .begins = report_begins};
	struct outlet_settings settings = {
		.option = "report", .what = "reports", .queue = REPORTS_WAITING};
	struct stat status;
	int result = open_file(outputs, &file, &settings, &outputs->report, error);

	if (result != 0)
		return result;
	add_in_use(outputs,
		   strcmp(path, OUTPUT_STDOUT) == 0   ? fstat(STDOUT_FILENO, &status)
		   : strcmp(path, OUTPUT_STDERR) == 0 ? fstat(STDERR_FILENO, &status)
						      : stat(path, &status),
		   &status);
	return 0;
}

static int open_flows(struct outputs *outputs, struct error *error)
{
	const struct options *options = outputs->options;
	struct file_settings file = {
		.path = options->flows,
		.lines = true,
		.begins = flows_begin,
		.rotate = output_name_changes(options->flows) ? options->flows_rotate : 0,
		.dated = options->source.kind == SOURCE_CAPTURES,
	};
	struct outlet_settings settings = {
		.option = "flows",
		.what = "flow records",
		.queue = OUTLET_BATCHES,
		.encoder = &flow_line_encoder,
		.period = file.dated ? file.rotate : 0,
	};

	int result = open_file(outputs, &file, &settings, &outputs->records[outputs->record_count],
			       error);

	outputs->record_count += result == 0;
	return result;
}

/* Where others of this weir may look for what it has open. */
static const char *runtime_directory(void)
{
	const char *directory = rte_eal_get_runtime_dir();

	return directory[0] != '\0' ? directory : NULL;
}

/* For outlets, any thread. */
static void read_facts(void *context, struct export_facts *facts)
{
	const struct outputs *outputs = context;
	uint32_t begin;

	do {
		begin = seqlock_read_begin(&outputs->facts_sequence);
		seqlock_copy(facts, &outputs->facts, sizeof(*facts));
	} while (!seqlock_read_valid(&outputs->facts_sequence, begin));
}

static void write_facts(struct outputs *outputs, const struct snapshot *snapshot)
{
	struct export_facts facts;

	export_facts_make(&facts, snapshot);
	seqlock_write_begin(&outputs->facts_sequence);
	outputs->facts = facts;
	seqlock_write_end(&outputs->facts_sequence);
}

static int open_export(struct outputs *outputs, uint32_t number, struct error *error)
{
	const struct export_environment environment = {
		.capture = reads_captures(outputs),
		.directory = runtime_directory(),
		.facts = read_facts,
		.facts_context = outputs,
	};
	struct export_parts parts;
	int result =
		export_open(outputs->options->exports.words[number], &environment, &parts, error);

	if (result != 0)
		return result;
	memcpy(outputs->names[number], parts.name, sizeof(parts.name));
	if (outputs->flows_socket[0] == '\0')
		memcpy(outputs->flows_socket, parts.socket, sizeof(parts.socket));
	struct outlet_settings settings = {
		.option = "export",
		.name = outputs->names[number],
		.what = "flow records",
		.queue = (parts.buffer + BUS_BATCH - 1) / BUS_BATCH,
		.encoder = &parts.encoder,
		.linger = parts.linger,
		.period = parts.period,
	};

	result = open_outlet(outputs, &settings, &parts.sender,
			     &outputs->records[outputs->record_count], error);
	outputs->record_count += result == 0;
	return result;
}

static int open_exports(struct outputs *outputs, struct error *error)
{
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < outputs->options->exports.count; i++)
		result = open_export(outputs, i, error);
	return result;
}

int outputs_open(struct outputs *outputs, const struct options *options,
		 const struct identity *identity, struct error *error)
{
	int result;

	outputs->options = options;
	outputs->identity = identity;
	outputs->facts.sampling = options->sample; /* is told with the first record */
	find_captures(outputs);
	eal_step_aside(true); /* outlets run where their maker may: they take no CPU time from it */
	result = open_report(outputs, error);
	if (result == 0 && options->flows != NULL)
		result = open_flows(outputs, error);
	if (result == 0)
		result = open_exports(outputs, error);
	eal_step_aside(false);
	return result;
}

int outputs_consume(struct outputs *outputs, struct stats *stats, uint32_t extensions,
		    struct error *error)
{
	struct stats_consumer consumer = {.record = bus_record, .room = bus_room};
	int result;

	if (outputs->record_count == 0)
		return 0;
	result = bus_create(outputs->records, outputs->record_count, extensions, &outputs->bus);
	consumer.context = outputs->bus;
	if (result == 0)
		result = stats_add_consumer(stats, &consumer);
	return result == 0 ? 0
			   : error_set(error, -result,
				       "flow records: no memory to hand them out; free some");
}

void outputs_fill(void *context, struct snapshot *snapshot)
{
	struct outputs *outputs = context;

	write_facts(outputs, snapshot);
	snapshot->outlet_count = 0;
	if (outputs->bus != NULL)
		bus_flush(outputs->bus);
	for (uint32_t i = 0; i < outputs->record_count; i++)
		outlet_ledger(outputs->records[i], &snapshot->outlets[snapshot->outlet_count++]);
	outlet_ledger(outputs->report, &snapshot->outlets[snapshot->outlet_count++]);
}

void outputs_rest(const struct outputs *outputs)
{
	if (outputs->bus != NULL)
		bus_rest(outputs->bus);
}

void outputs_reopen(const struct outputs *outputs)
{
	outlet_reopen(outputs->report);
	for (uint32_t i = 0; i < outputs->record_count; i++)
		outlet_reopen(outputs->records[i]);
}

/* The report in newly allocated memory. 0 or -EIO. */
static int render(const struct options *options, const struct snapshot *snapshot,
		  const struct document_info *info, char **text, size_t *size)
{
	json_t *report = document_report(snapshot, info, options->top);
	FILE *out = open_memstream(text, size);
	int result = report != NULL && out != NULL ? 0 : -EIO;

	if (result == 0 && options->json) {
		result = document_write(report, out);
	} else if (result == 0) {
		struct printer printer = printer_make(out);

		print_report(&printer, report);
		result = printer.failed ? -EIO : 0;
	}
	json_decref(report);
	if (out != NULL && fclose(out) != 0)
		result = -EIO;
	return result;
}

bool outputs_take_report(const struct outputs *outputs)
{
	return outlet_room(outputs->report) > 0;
}

int outputs_report(const struct outputs *outputs, const struct snapshot *snapshot,
		   const struct document_info *info, struct error *error)
{
	const struct options *options = outputs->options;
	char *text = NULL;
	size_t size;
	int result;

	/* In standard output's place only: where that is not wanted any more, nor is it. */
	if (outputs_left_alone(outputs) && options->report == NULL)
		return 0;
	result = render(options, snapshot, info, &text, &size);
	if (result != 0) {
		free(text);
		return error_set(error, -result, "report: no memory for it; free some");
	}
	while (!outputs_take_report(outputs))
		usleep(REPORT_WAIT_US);
	outlet_text(outputs->report, text, size);
	return 0;
}

bool outputs_report_written(const struct outputs *outputs)
{
	struct outlet_ledger ledger;

	outlet_ledger(outputs->report, &ledger);
	return ledger.waiting == 0;
}

bool outputs_left_alone(const struct outputs *outputs)
{
	bool alone = outlet_left_alone(outputs->report);

	for (uint32_t i = 0; !alone && i < outputs->record_count; i++)
		alone = outlet_left_alone(outputs->records[i]);
	return alone;
}

static void be_brief(const struct outputs *outputs)
{
	outlet_set_patience(outputs->report, OUTLET_BRIEFLY);
	for (uint32_t i = 0; i < outputs->record_count; i++)
		outlet_set_patience(outputs->records[i], OUTLET_BRIEFLY);
}

void outputs_wind_down(const struct outputs *outputs)
{
	if (!reads_captures(outputs)) /* else as patient as before */
		be_brief(outputs);
}

bool outputs_written(const struct outputs *outputs, uint64_t ns)
{
	bool written = true;

	if (outputs->bus == NULL)
		return true;
	if (!bus_flush(outputs->bus)) {
		usleep((useconds_t)(ns / 1000));
		return false;
	}
	for (uint32_t i = 0; i < outputs->record_count; i++)
		outlet_end(outputs->records[i]);
	/* One of them is waited for, and all are asked: each has its own time. */
	for (uint32_t i = 0; i < outputs->record_count; i++)
		written = outlet_ended(outputs->records[i], written ? ns : 0) && written;
	return written;
}

int outputs_finish_records(const struct outputs *outputs, struct error *error)
{
	struct error later;
	int first = 0;

	for (uint32_t i = 0; i < outputs->record_count; i++) {
		int result = outlet_finish(outputs->records[i], first == 0 ? error : &later);

		if (first != 0 && result != 0)
			log_error("%s", later.text);
		first = first != 0 ? first : result;
	}
	return first;
}

int outputs_finish_report(const struct outputs *outputs, struct error *error)
{
	return outlet_finish(outputs->report, error);
}

void outputs_close(struct outputs *outputs)
{
	if (outputs->report != NULL)
		be_brief(outputs);
	for (uint32_t i = 0; i < outputs->record_count; i++)
		outlet_free(outputs->records[i]);
	outlet_free(outputs->report);
	bus_destroy(outputs->bus);
	/* The names stay. */
	outputs->report = NULL;
	outputs->bus = NULL;
	outputs->record_count = 0;
}
