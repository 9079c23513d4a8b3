/* SPDX-License-Identifier: BSD-3-Clause */
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/flow_line.h>
#include <weir/output_name.h>
#include <weir/print.h>
#include <weir/signals.h>

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

/* An outlet into a file; what is left to say of it is the same for all. */
static int open_file(const struct outputs *outputs, struct file_settings *file,
		     struct outlet_settings *settings, struct outlet **outlet, struct error *error)
{
	bool capture = outputs->options->source.kind == SOURCE_CAPTURES;
	struct sender sender;
	int result;

	file->append = !capture;
	file->in_use = outputs->in_use;
	file->in_use_count = outputs->in_use_count;
	result = file_sender_open(file, &sender, error);
	if (result != 0)
		return result;
	settings->name = output_known_as(file->path);
	settings->ends_with_reader = strcmp(file->path, OUTPUT_STDOUT) == 0;
	settings->patience = capture ? OUTLET_ALWAYS : OUTLET_NEVER;
	settings->hurry = signals_stop;
	return outlet_open(settings, &sender, outlet, error);
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

	return open_file(outputs, &file, &settings, &outputs->flows, error);
}

int outputs_open(struct outputs *outputs, const struct options *options, struct error *error)
{
	int result;

	outputs->options = options;
	find_captures(outputs);
	result = open_report(outputs, error);
	if (result == 0 && options->flows != NULL)
		result = open_flows(outputs, error);
	return result;
}

int outputs_consume(struct outputs *outputs, struct stats *stats, uint32_t extensions,
		    struct error *error)
{
	struct stats_consumer consumer = {.record = bus_record, .room = bus_room};
	int result;

	if (outputs->flows == NULL)
		return 0;
	result = bus_create(&outputs->flows, 1, extensions, &outputs->bus);
	consumer.context = outputs->bus;
	if (result == 0)
		result = stats_add_consumer(stats, &consumer);
	return result == 0 ? 0
			   : error_set(error, -result,
				       "flow records: no memory to hand them out; free some");
}

void outputs_fill(void *context, struct snapshot *snapshot)
{
	const struct outputs *outputs = context;

	snapshot->outlet_count = 0;
	if (outputs->bus != NULL) {
		bus_flush(outputs->bus);
		outlet_ledger(outputs->flows, &snapshot->outlets[snapshot->outlet_count++]);
	}
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
	if (outputs->flows != NULL)
		outlet_reopen(outputs->flows);
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

bool outputs_left_alone(const struct outputs *outputs)
{
	return outlet_left_alone(outputs->report) ||
	       (outputs->flows != NULL && outlet_left_alone(outputs->flows));
}

void outputs_wind_down(const struct outputs *outputs)
{
	if (outputs->options->source.kind == SOURCE_CAPTURES)
		return; /* as patient as before */
	outlet_set_patience(outputs->report, OUTLET_BRIEFLY);
	if (outputs->flows != NULL)
		outlet_set_patience(outputs->flows, OUTLET_BRIEFLY);
}

bool outputs_written(const struct outputs *outputs, uint64_t ns)
{
	if (outputs->bus == NULL)
		return true;
	if (!bus_flush(outputs->bus)) {
		usleep((useconds_t)(ns / 1000));
		return false;
	}
	outlet_end(outputs->flows);
	return outlet_ended(outputs->flows, ns);
}

int outputs_finish_flows(const struct outputs *outputs, struct error *error)
{
	return outputs->flows != NULL ? outlet_finish(outputs->flows, error) : 0;
}

int outputs_finish_report(const struct outputs *outputs, struct error *error)
{
	return outlet_finish(outputs->report, error);
}

void outputs_close(struct outputs *outputs)
{
	outlet_free(outputs->flows);
	outlet_free(outputs->report);
	bus_destroy(outputs->bus);
	*outputs = (struct outputs){0};
}
