/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/clock.h>

#include "prefilter.h"

static const char before[] =
	"usage: weirctl [OPTION]... COMMAND [ARGUMENT]...\n"
	"Ask a running weir.\n"
	"\n"
	"  info                    version, source, start and settings\n"
	"  ledger                  where every received frame went\n"
	"  throughput [SECONDS [OFFSET]]\n"
	"                          rates now, on average, and each of the last SECONDS (10)\n"
	"  sizes                   frame sizes\n"
	"  top [DIMENSION [COUNT [METRIC [WINDOW]]]]\n"
	"                          the largest of source (usual), destination, pair,\n"
	"                          source_port, destination_port, protocol or flow;\n"
	"                          COUNT 10; METRIC octets (usual), packets, flows;\n"
	"                          WINDOW now, 10s, 60s, total (usual)\n"
	"  flows [OFFSET COUNT]    flow counters; with arguments the live flows\n"
	"  overflow [OFFSET COUNT] packets beyond the flow table by protocol and network\n"
	"  workers [OFFSET COUNT]  each worker's packets, flows, cycles and load\n"
	"  ports [OFFSET COUNT]    each port's counters\n"
	"  events [OFFSET COUNT]   what happened to the ports, newest first\n"
	"  prefilter show|counters [OFFSET COUNT]\n"
	"                          the XDP prefilter's rules; with what they counted\n"
	"  prefilter add [before N] RULE, prefilter del N|RULE, prefilter replace FILE\n"
	"                          change its rules, see weir-prefilter(5)\n"
	"  raw COMMAND             any telemetry command, as /ethdev/stats,0\n"
	"\n";

#define INTO(member) OPTION_INTO(struct options, member)

static const struct option_row rows[] = {
	{"file-prefix", "P", "the weir that was started with this DPDK file prefix",
	 .type = OPTION_TEXT, INTO(file_prefix)},
	{"socket", "PATH", "the weir behind this telemetry socket", .type = OPTION_TEXT,
	 INTO(socket)},
	{"json", NULL, "print the answer as JSON", .type = OPTION_FLAG, INTO(json)},
	{"watch", "S", "ask again every S seconds until interrupted", .type = OPTION_SECONDS,
	 INTO(watch), .low = CLOCK_SECOND / 10, .high = 86400 * CLOCK_SECOND},
	{"version", NULL, "print the version (also -V)", .type = OPTION_VERSION},
	{"help", NULL, "print this (also -h)", .type = OPTION_HELP},
};

static const struct option_table table = {
	.program = "weirctl",
	.version = WEIR_VERSION,
	.before = before,
	.after = "",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.size = sizeof(struct options),
	.hint = "",
};

static const struct {
	const char *name, *telemetry;
	const char *usual; /* arguments when none are given */
	int most;          /* arguments */
	bool pair;         /* OFFSET and COUNT: both or none */
	struct show show;
} commands[] = {
	{"info", "/weir/info", "", 0, false, {show_info}},
	{"ledger", "/weir/ledger", "", 0, false, {show_ledger}},
	{"throughput", "/weir/throughput", "10", 2, false, {show_throughput}},
	{"sizes", "/weir/sizes", "", 0, false, {show_sizes}},
	{"top", "/weir/top", "source", 4, false, {show_top}},
	{"flows", "/weir/flows", "", 2, true, {show_flows}},
	{"overflow", "/weir/overflow", "", 2, true, {show_overflow}},
	{"workers", "/weir/workers", "", 2, true, {show_workers}},
	{"ports", "/weir/ports", "", 2, true, {show_ports}},
	{"events", "/weir/events", "", 2, true, {show_events}},
	{"raw", "", "", 1, false, {NULL}},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* "top", "source", "5" -> "/weir/top,source,5". */
static int join(struct options *options, const char *start, char **words, int count,
		struct error *error)
{
	size_t size = sizeof(options->command), used = 0;

	used += (size_t)snprintf(options->command, size, "%s", start);
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(options->command + used, size - used, "%s%s",
					 used > 0 ? "," : "", words[i]);
	if (used >= size)
		return error_set(error, EINVAL, "the command is too long; see weirctl --help");
	return 0;
}

static int parse_command(struct options *options, char **words, int count, struct error *error)
{
	size_t i = 0;

	if (count == 0)
		return error_set(error, EINVAL, "the command is missing; see weirctl --help");
	if (strcmp(words[0], "prefilter") == 0)
		return prefilter_command(options, words + 1, count - 1, error);
	while (i < COMMANDS && strcmp(commands[i].name, words[0]) != 0)
		i++;
	if (i == COMMANDS)
		return error_set(error, EINVAL, "%s: unknown command; see weirctl --help",
				 words[0]);
	words++;
	count--;
	if (commands[i].telemetry[0] == '\0' && (count != 1 || words[0][0] != '/'))
		return error_set(error, EINVAL, "raw: one telemetry command, as raw /weir/info");
	if (count > commands[i].most)
		return error_set(error, EINVAL, "%s: too many arguments; see weirctl --help",
				 commands[i].name);
	if (commands[i].pair && count == 1)
		return error_set(error, EINVAL, "%s: OFFSET and COUNT go together",
				 commands[i].name);
	options->show = &commands[i].show;
	if (count > 0 || commands[i].usual[0] == '\0')
		return join(options, commands[i].telemetry, words, count, error);
	return join(options, commands[i].telemetry, (char *[]){(char *)commands[i].usual}, 1,
		    error);
}

int options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	int rest, result = options_read(&table, argc, argv, options, &rest, error);

	if (result != OPTIONS_RUN)
		return result;
	if (options->socket != NULL && options->file_prefix != NULL)
		return error_set(error, EINVAL, "--socket and --file-prefix exclude each other");
	return parse_command(options, argv + rest, argc - rest, error);
}
