/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <weir/commands.h>

/* ---- Host ---- */

/* The host of "HOST:PORT" or "[HOST]:PORT"; false: too long to be one of ours. */
static bool read_host(const char *field, char *out, size_t size)
{
	bool brackets = field[0] == '[';
	size_t length = brackets ? strcspn(++field, "]") : strcspn(field, ":");

	snprintf(out, size, "%.*s", (int)length, field);
	return length < size;
}

static bool is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

bool request_is_for_us(const struct request *request, const char *const *names, unsigned int count)
{
	char host[256], own[256] = "";

	/* Browsers always say it. */
	if (request->host == NULL)
		return true;
	if (!read_host(request->host, host, sizeof(host)))
		return false;
	gethostname(own, sizeof(own) - 1);
	if (is_address(host) || strcasecmp(host, "localhost") == 0 || strcasecmp(host, own) == 0)
		return true;
	for (unsigned int i = 0; i < count; i++)
		if (strcasecmp(host, names[i]) == 0)
			return true;
	return false;
}

/* ---- Accept ---- */

/* How much a client wants what one part of the field names, 0 to 1: its q, 1 if not given. */
static double wish(const char *part, size_t length)
{
	const char *q = memmem(part, length, "q=", 2);

	return q != NULL ? strtod(q + 2, NULL) : 1;
}

enum metrics_format request_format(const struct request *request)
{
	static const char openmetrics[] = "application/openmetrics-text", text[] = "text/plain";
	const char *part = request->accept != NULL ? request->accept : "";
	double for_openmetrics = 0, for_text = 0;

	while (*part != '\0') {
		part += strspn(part, " \t,");
		size_t length = strcspn(part, ",");

		if (strncasecmp(part, openmetrics, strlen(openmetrics)) == 0)
			for_openmetrics = wish(part, length) > for_openmetrics ? wish(part, length)
									       : for_openmetrics;
		else if (strncasecmp(part, text, strlen(text)) == 0)
			for_text = wish(part, length);
		part += length;
	}
	return for_openmetrics > 0 && for_openmetrics >= for_text ? METRICS_OPENMETRICS
								  : METRICS_PROMETHEUS;
}

/* ---- questions ---- */

static const struct request_parameter *find(const struct request *request, const char *name)
{
	for (unsigned int i = 0; i < request->parameter_count; i++)
		if (strcmp(request->parameters[i].name, name) == 0)
			return &request->parameters[i];
	return NULL;
}

/* Each one is an argument of the command, once; its value cannot be several. */
static int check(const struct request *request, const struct command *command, struct error *error)
{
	for (unsigned int i = 0; i < request->parameter_count; i++) {
		const struct request_parameter *one = &request->parameters[i];
		bool known = false;

		for (unsigned int a = 0; a < command_argument_count(command); a++)
			known = known || strcmp(command->arguments[a].name, one->name) == 0;
		if (!known || find(request, one->name) != one)
			return error_set(error, EINVAL, "%s: %s", one->name,
					 known ? "given twice" : "no parameter of this");
		if (one->value == NULL || one->value[0] == '\0' || strchr(one->value, ',') != NULL)
			return error_set(error, EINVAL, "%s: takes one value", one->name);
	}
	return 0;
}

/* What is missing in front of something that is there is as usual. */
static int add_arguments(const struct request *request, const struct command *command, char *out,
			 size_t size, struct error *error)
{
	unsigned int left = request->parameter_count;
	size_t used = strlen(out);

	for (unsigned int i = 0; i < command_argument_count(command); i++) {
		const struct command_argument *argument = &command->arguments[i];
		const struct request_parameter *given = find(request, argument->name);
		const char *value = given != NULL ? given->value : argument->usual;

		if (left == 0 && !argument->needed && (i == 0 || !argument->together))
			break;
		if (value == NULL)
			return error_set(error, EINVAL, "%s: is missing", argument->name);
		left -= given != NULL;
		used += (size_t)snprintf(out + used, size - used, ",%s", value);
		if (used >= size)
			return error_set(error, EINVAL, "the parameters are too long");
	}
	return 0;
}

int request_question(const struct request *request, char *out, size_t size, struct error *error)
{
	const char *name = request->path + strlen(REQUEST_API);
	const struct command *command;
	int result;

	if ((size_t)snprintf(out, size, "/weir/%s", name) >= size ||
	    (command = command_find(out)) == NULL)
		return error_set(error, ENOENT, "there is no such question");
	if (command->changes)
		return error_set(error, EPERM, "it changes weir: ask weirctl");
	result = check(request, command, error);
	return result == 0 ? add_arguments(request, command, out, size, error) : result;
}
