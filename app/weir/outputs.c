/* SPDX-License-Identifier: BSD-3-Clause */
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/output_name.h>
#include <weir/flow_line.h>
#include <weir/print.h>

#include <weir/signals.h>

/* What files begin with that weir wrote, and so may write to again. */
static const char *const flows_begin[] = {"{\"", NULL};
static const char *const report_begins[] = {"{\n \"version\"", "weir ", NULL};

static void add_in_use(struct outputs *outputs, int failed, const struct stat *status)
{
	if (failed == 0)
		outputs->in_use[outputs->in_use_count++] =
			(struct outlet_file_id){status->st_dev, status->st_ino};
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
	return options->flows != NULL && strcmp(options->flows, OUTLET_STDOUT) == 0 ? OUTLET_STDERR
										    : OUTLET_STDOUT;
}

static struct outlet_settings settings_for(const struct outputs *outputs, const char *path)
{
	bool capture = outputs->options->source.kind == SOURCE_CAPTURES;

	return (struct outlet_settings){
		.path = path,
		.append = !capture,
		.in_use = outputs->in_use,
		.in_use_count = outputs->in_use_count,
		.patience = capture ? OUTLET_ALWAYS : OUTLET_NEVER,
		.hurry = signals_stop,
	};
}

static int open_report(struct outputs *outputs, struct error *error)
{
	const char *path = report_path(outputs->options);
	struct outlet_settings settings = settings_for(outputs, path);
	struct stat status;
	int result;

	settings.option = "report";
	settings.what = "reports";
	settings.begins = report_begins;
	result = outlet_open(&settings, &outputs->report, error);
	if (result != 0)
		return result;
	add_in_use(outputs,
		   strcmp(path, OUTLET_STDOUT) == 0   ? fstat(STDOUT_FILENO, &status)
		   : strcmp(path, OUTLET_STDERR) == 0 ? fstat(STDERR_FILENO, &status)
						      : stat(path, &status),
		   &status);
	return 0;
}

static int open_flows(struct outputs *outputs, struct error *error)
{
	const struct options *options = outputs->options;
	struct outlet_settings settings = settings_for(outputs, options->flows);

	settings.option = "flows";
	settings.what = "flow records";
	settings.lines = true;
	settings.begins = flows_begin;
	settings.rotate = output_name_changes(options->flows) ? options->flows_rotate : 0;
	settings.dated = options->source.kind == SOURCE_CAPTURES;
	return outlet_open(&settings, &outputs->flows, error);
}

int outputs_open(struct outputs *outputs, const struct options *options, struct document_info *info,
		 struct error *error)
{
	int result;

	outputs->options = options;
	find_captures(outputs);
	result = open_report(outputs, error);
	if (result == 0 && options->flows != NULL)
		result = open_flows(outputs, error);
	if (result != 0)
		return result;
	if (outputs->flows != NULL)
		outputs->all[info->outlet_count++] = outputs->flows;
	outputs->all[info->outlet_count++] = outputs->report;
	info->outlets = outputs->all;
	return 0;
}

int outputs_consume(const struct outputs *outputs, struct stats *stats)
{
	if (outputs->flows == NULL)
		return 0;
	struct stats_consumer consumer = flow_line_consumer(outputs->flows);

	return stats_add_consumer(stats, &consumer);
}

void outputs_flush(const struct outputs *outputs)
{
	if (outputs->flows != NULL)
		outlet_flush(outputs->flows);
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
		error_set(error, -result, "report: no memory for it; free some");
	} else {
		outlet_put(outputs->report, text, size);
		outlet_flush(outputs->report);
	}
	free(text);
	return result;
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
	outputs->flows = outputs->report = NULL;
}
