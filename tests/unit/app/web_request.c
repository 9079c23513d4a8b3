/* SPDX-License-Identifier: BSD-3-Clause */
/* What weirweb makes of a request. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../app/web/request.h"

Test(web_request, only_our_names_are_served)
{
	static const char *const names[] = {"weir.example"};
	static const char *const ours[] = {"127.0.0.1:8474", "127.0.0.1",       "[::1]:8474",
					   "localhost:8474", "Weir.Example:80", "192.0.2.1"};
	static const char *const others[] = {"evil.example",
					     "localhost.evil.example",
					     "127.0.0.1.evil.example:8474",
					     "weir.example.evil",
					     "",
					     "127.1"};
	char own[256], field[300], longest[400];

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		cr_expect(request_is_for_us(&(struct request){.host = ours[i]}, names, 1), "%s",
			  ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_not(request_is_for_us(&(struct request){.host = others[i]}, names, 1),
			      "%s", others[i]);
	gethostname(own, sizeof(own));
	snprintf(field, sizeof(field), "%s:8474", own);
	cr_expect(request_is_for_us(&(struct request){.host = field}, names, 1));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cr_expect_not(request_is_for_us(&(struct request){.host = longest}, names, 1));
	cr_expect(request_is_for_us(&(struct request){.host = NULL}, NULL, 0));
}

Test(web_request, the_format_is_what_is_wished_for)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} wishes[] = {
		{NULL, METRICS_PROMETHEUS},
		{"*/*", METRICS_PROMETHEUS},
		{"text/plain", METRICS_PROMETHEUS},
		{"application/openmetrics-text", METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 METRICS_OPENMETRICS},
		{"text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.2",
		 METRICS_PROMETHEUS},
		{"application/openmetrics-text;q=0", METRICS_PROMETHEUS},
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		cr_expect_eq(request_format(&(struct request){.accept = wishes[i].accept}),
			     wishes[i].format, "%s", wishes[i].accept);
}

static const struct {
	const char *path;
	struct request_parameter parameters[4];
	int result;
	const char *expected; /* the question, or what the line says */
} questions[] = {
	{"ledger", {{0}}, 0, "/weir/ledger"},
	{"flows", {{0}}, 0, "/weir/flows"},
	{"flows", {{"offset", "5"}}, 0, "/weir/flows,5,250"},
	{"flows", {{"count", "5"}}, 0, "/weir/flows,0,5"},
	{"flows", {{"next", "9"}, {"count", "5"}}, 0, "/weir/flows,0,5,9"},
	{"top", {{"dimension", "source"}}, 0, "/weir/top,source"},
	{"top", {{"metric", "packets"}, {"dimension", "flow"}}, 0, "/weir/top,flow,10,packets"},
	{"top", {{0}}, -EINVAL, "dimension: is missing"},
	{"top", {{"count", "5"}}, -EINVAL, "dimension: is missing"},
	{"top", {{"dimension", "flow"}, {"dimension", "pair"}}, -EINVAL, "twice"},
	{"top", {{"dimension", "flow,5"}}, -EINVAL, "one value"},
	{"top", {{"dimension", ""}}, -EINVAL, "one value"},
	{"top", {{"dimension", NULL}}, -EINVAL, "one value"},
	{"ledger", {{"count", "5"}}, -EINVAL, "count: no parameter"},
	{"prefilter", {{0}}, 0, "/weir/prefilter"},
	{"prefilter/add", {{"rule", "drop arp"}}, -EPERM, "changes"},
	{"prefilter/del", {{0}}, -EPERM, "changes"},
	{"prefilter/replace", {{0}}, -EPERM, "changes"},
	{"capture", {{0}}, -ENOENT, "no such"},
	{"raw", {{"command", "/ethdev/stats"}}, -ENOENT, "no such"},
	{"../ethdev/list", {{0}}, -ENOENT, "no such"},
	{"top,source", {{0}}, -ENOENT, "no such"},
	{"", {{0}}, -ENOENT, "no such"},
};

Test(web_request, questions_are_made_of_the_table_of_commands)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		char path[64], question[256];
		struct request request = {.path = path};
		struct error error = {0};

		snprintf(path, sizeof(path), REQUEST_API "%s", questions[i].path);
		while (questions[i].parameters[request.parameter_count].name != NULL) {
			request.parameters[request.parameter_count] =
				questions[i].parameters[request.parameter_count];
			request.parameter_count++;
		}
		int result = request_question(&request, question, sizeof(question), &error);

		cr_expect_eq(result, questions[i].result, "%s: %s", path, error.text);
		if (result == 0)
			cr_expect_str_eq(question, questions[i].expected, "%s", path);
		else
			cr_expect_not_null(strstr(error.text, questions[i].expected), "%s: %s",
					   path, error.text);
	}
}

Test(web_request, a_question_that_is_too_long_is_refused)
{
	char value[64], question[64];
	struct request request = {.path = REQUEST_API "top",
				  .parameters = {{"dimension", value}},
				  .parameter_count = 1};
	struct error error;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	cr_expect_eq(request_question(&request, question, sizeof(question), &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "too long"), "%s", error.text);
}
