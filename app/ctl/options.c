/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prefilter.h"

#include "../wrong_option.h"

static const char help[] =
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
	"\n"
	"  --file-prefix P         the weir that was started with this DPDK file prefix\n"
	"  --socket PATH           the weir behind this telemetry socket\n"
	"  --json                  print the answer as JSON\n"
	"  --watch S               ask again every S seconds until interrupted\n"
	"  --help, --version       print this (-h), or the version (-V), and exit\n";

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

static int parse_watch(const char *text, double *seconds, struct error *error)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(*seconds >= 0.1 && *seconds <= 86400))
		return error_set(error, EINVAL,
				 "--watch %s: is no number of seconds from 0.1 to 86400; give one",
				 text);
	return 0;
}

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
	enum { FILE_PREFIX = 256, SOCKET, JSON, WATCH, HELP, VERSION };
	static const struct option names[] = {
		{"file-prefix", required_argument, NULL, FILE_PREFIX},
		{"socket", required_argument, NULL, SOCKET},
		{"json", no_argument, NULL, JSON},
		{"watch", required_argument, NULL, WATCH},
		{"help", no_argument, NULL, HELP},
		{"version", no_argument, NULL, VERSION},
		{0},
	};
	int option, result = 0;

	*options = (struct options){0};
	opterr = 0;
	while (result == 0 && (option = getopt_long(argc, argv, ":hV", names, NULL)) != -1) {
		if (optarg != NULL && optarg[0] == '\0' && option >= FILE_PREFIX)
			return error_set(error, EINVAL, "%s: its value is empty; give one",
					 option == SOCKET ? "--socket" : option == WATCH ? "--watch"
											 : "--file-prefix");
		switch (option) {
		case FILE_PREFIX:
			options->file_prefix = optarg;
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case JSON:
			options->json = true;
			break;
		case WATCH:
			result = parse_watch(optarg, &options->watch, error);
			break;
		case 'h':
		case HELP:
			fputs(help, stdout);
			return OPTIONS_DONE;
		case 'V':
		case VERSION:
			puts("weirctl " WEIR_VERSION);
			return OPTIONS_DONE;
		default:
			return wrong_option(option, argv, "see weirctl --help", error);
		}
	}
	if (result == 0 && options->socket != NULL && options->file_prefix != NULL)
		result = error_set(error, EINVAL, "--socket and --file-prefix exclude each other");
	return result != 0 ? result : parse_command(options, argv + optind, argc - optind, error);
}
