/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64u << 20) /* octets of a rules file; the most rules fit well */

bool rule_is_lone(const struct rule *rule)
{
	const bool from = rule->from.version != 0, to = rule->to.version != 0;

	return rule->kind == RULE_IP && !(from && to) && !rule->protocol.set && !rule->vlan.set &&
	       !rule->from_port.set && !rule->to_port.set;
}

bool rule_is_metered(const struct rule *rule)
{
	return rule->action == PREFILTER_ACTION_LIMIT || rule->action == PREFILTER_ACTION_SAMPLE;
}

size_t prefilter_rules_count(const struct prefilter_rules *rules)
{
	return rules->count;
}

bool prefilter_rules_look_at_vlans(const struct prefilter_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rule[i].vlan.set)
			return true;
	return false;
}

const struct rule *rules_passing(const struct prefilter_rules *rules)
{
	for (size_t i = 0; i <= rules->count; i++) {
		const struct rule *rule = i < rules->count ? &rules->rule[i] : &rules->otherwise;

		if (rule->action == PREFILTER_ACTION_PASS || rule->then == PREFILTER_ACTION_PASS)
			return rule;
	}
	return NULL;
}

bool prefilter_rules_pass(const struct prefilter_rules *rules)
{
	return rules_passing(rules) != NULL;
}

void prefilter_rules_free(struct prefilter_rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free(rules->rule[i].text);
	free(rules->otherwise.text);
	free(rules->rule);
	free(rules->name);
	free(rules);
}

int rules_insert(struct prefilter_rules *rules, size_t at, const struct rule *rule)
{
	if (rules->count == rules->room) {
		const size_t room = rules->room != 0 ? 2 * rules->room : 16;
		struct rule *grown = realloc(rules->rule, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		rules->rule = grown;
		rules->room = room;
	}
	memmove(&rules->rule[at + 1], &rules->rule[at], (rules->count - at) * sizeof(*rule));
	rules->rule[at] = *rule;
	rules->count++;
	return 0;
}

void rules_remove(struct prefilter_rules *rules, size_t at)
{
	free(rules->rule[at].text);
	rules->count--;
	memmove(&rules->rule[at], &rules->rule[at + 1],
		(rules->count - at) * sizeof(rules->rule[0]));
}

static struct prefilter_rules *rules_new(const char *name, size_t room)
{
	struct prefilter_rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL)
		return NULL;
	rules->name = strdup(name);
	rules->rule = calloc(room, sizeof(*rules->rule));
	rules->room = room;
	if (rules->name != NULL && rules->rule != NULL)
		return rules;
	prefilter_rules_free(rules);
	return NULL;
}

static bool copy_rule(struct rule *to, const struct rule *from)
{
	*to = *from;
	to->text = strdup(from->text);
	return to->text != NULL;
}

struct prefilter_rules *rules_copy(const struct prefilter_rules *rules)
{
	struct prefilter_rules *copy = rules_new(rules->name, rules->count + 1);
	bool good = copy != NULL && copy_rule(&copy->otherwise, &rules->otherwise);

	for (size_t i = 0; good && i < rules->count; i++) {
		good = copy_rule(&copy->rule[i], &rules->rule[i]);
		copy->count++;
	}
	if (good)
		return copy;
	prefilter_rules_free(copy);
	return NULL;
}

static int by_text(const void *a, const void *b, void *rules)
{
	const struct rule *rule = ((const struct prefilter_rules *)rules)->rule;

	return strcmp(rule[*(const uint32_t *)a].text, rule[*(const uint32_t *)b].text);
}

uint32_t *rules_sorted(const struct prefilter_rules *rules)
{
	uint32_t *order = malloc((rules->count + 1) * sizeof(*order));

	if (order == NULL)
		return NULL;
	for (size_t i = 0; i < rules->count; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, rules->count, sizeof(*order), by_text, (void *)(uintptr_t)rules);
	return order;
}

static int check_duplicates(const struct prefilter_rules *rules, struct error *error)
{
	uint32_t *order = rules_sorted(rules);
	int code = 0;

	if (order == NULL)
		return error_set(error, ENOMEM, "%s: no memory for rules", rules->name);
	for (size_t i = 1; i < rules->count && code == 0; i++) {
		const struct rule *a = &rules->rule[order[i - 1]], *b = &rules->rule[order[i]];

		if (strcmp(a->text, b->text) != 0)
			continue;
		code = error_set(error, EINVAL,
				 "%s:%u:1: the same rule as in line %u: give each "
				 "rule once",
				 rules->name, a->line > b->line ? a->line : b->line,
				 a->line > b->line ? b->line : a->line);
	}
	free(order);
	return code;
}

int rules_check(const struct prefilter_rules *rules, struct error *error)
{
	size_t combinations = 0, metered = rule_is_metered(&rules->otherwise);

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		if (i == PREFILTER_RULES_MAX)
			return error_set(error, E2BIG,
					 "%s:%u:1: too many rules: at most %u are "
					 "possible",
					 rules->name, rule->line, PREFILTER_RULES_MAX);
		combinations += rule->kind == RULE_IP && !rule_is_lone(rule);
		if (combinations > PREFILTER_COMBINATIONS)
			return error_set(
				error, E2BIG,
				"%s:%u:1: too many rules that combine "
				"conditions: at most %u are possible; rules with one prefix "
				"alone do not count",
				rules->name, rule->line, PREFILTER_COMBINATIONS);
		metered += rule_is_metered(rule);
		if (metered > PREFILTER_METERED_MAX)
			return error_set(error, E2BIG,
					 "%s:%u:1: too many rules that limit or "
					 "sample: at most %u are possible",
					 rules->name, rule->line, PREFILTER_METERED_MAX);
	}
	return check_duplicates(rules, error);
}

static int add_line(struct prefilter_rules *rules, unsigned int line, const char *text,
		    size_t length, struct error *error)
{
	struct rule rule;
	int found = rule_parse(rules->name, line, text, length, &rule, error);

	if (found <= 0)
		return found;
	if (rule.kind == RULE_DEFAULT) {
		const unsigned int before = rules->otherwise.line;

		if (before != 0) {
			free(rule.text);
			return error_set(error, EINVAL,
					 "%s:%u:1: a second default, after that in "
					 "line %u: one is possible",
					 rules->name, line, before);
		}
		free(rules->otherwise.text);
		rules->otherwise = rule;
		return 0;
	}
	if (rules_insert(rules, rules->count, &rule) == 0)
		return 0;
	free(rule.text);
	return error_set(error, ENOMEM, "%s: no memory for rules", rules->name);
}

int prefilter_rules_parse(const char *name, const char *text, size_t length,
			  struct prefilter_rules **rules, struct error *error)
{
	struct prefilter_rules *read = rules_new(name, 16);
	const char *end = text + length;
	unsigned int line = 0;
	int code = 0;

	if (read != NULL) {
		read->otherwise = (struct rule){.kind = RULE_DEFAULT};
		read->otherwise.text = rule_text(&read->otherwise);
	}
	if (read == NULL || read->otherwise.text == NULL) {
		prefilter_rules_free(read);
		return error_set(error, ENOMEM, "%s: no memory for rules", name);
	}
	while (text < end && code == 0) {
		const char *next = memchr(text, '\n', (size_t)(end - text));
		const char *stop = next != NULL ? next : end;

		code = add_line(read, ++line, text, (size_t)(stop - text), error);
		text = stop + 1;
	}
	if (code == 0)
		code = rules_check(read, error);
	if (code < 0) {
		prefilter_rules_free(read);
		return code;
	}
	*rules = read;
	return 0;
}

/* Regular files alone: a FIFO or a terminal would keep its reader waiting. */
static int open_regular(const char *path, FILE **in)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), code = 0;
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) != 0)
		code = -errno;
	else if (!S_ISREG(status.st_mode))
		code = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	else if ((*in = fdopen(fd, "r")) == NULL)
		code = -errno;
	if (code < 0)
		close(fd);
	return code;
}

static int read_whole(const char *path, char **text, size_t *length)
{
	char buffer[16384];
	size_t got, sum = 0;
	FILE *in = NULL, *out;
	int code = open_regular(path, &in);

	if (code < 0)
		return code;
	out = open_memstream(text, length);
	if (out == NULL) {
		fclose(in);
		return -ENOMEM;
	}
	while ((got = fread(buffer, 1, sizeof(buffer), in)) > 0 && sum <= FILE_MAX) {
		sum += got;
		if (fwrite(buffer, 1, got, out) != got)
			code = -ENOMEM;
	}
	if (ferror(in))
		code = -errno;
	if (fclose(out) != 0 && code == 0)
		code = -ENOMEM;
	fclose(in);
	if (code == 0 && sum > FILE_MAX)
		code = -EFBIG;
	if (code < 0)
		free(*text);
	return code;
}

int prefilter_rules_read(const char *path, struct prefilter_rules **rules, struct error *error)
{
	char *text;
	size_t length;
	int code = read_whole(path, &text, &length);

	if (code == -EACCES)
		return error_set(error, EACCES,
				 "%s: %s: a running weir reads with the permissions of its user, "
				 "not with root's override; make the file and the folders above "
				 "it accessible to that user",
				 path, strerror(EACCES));
	if (code < 0)
		return error_set(error, -code, "%s: %s; give a readable file of rules", path,
				 code == -EINVAL ? "not a regular file" : strerror(-code));
	code = prefilter_rules_parse(path, text, length, rules, error);
	free(text);
	return code;
}

char *prefilter_rules_text(const struct prefilter_rules *rules)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < rules->count; i++)
		fprintf(out, "%s\n", rules->rule[i].text);
	fprintf(out, "%s\n", rules->otherwise.text);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* How many packets stand behind each that the rule hands to the analyser; 0: it hands over none. */
static uint32_t stands_for(const struct rule *rule)
{
	if (rule->kind == RULE_ARP || rule->kind == RULE_NON_IP)
		return 0;
	if (rule->action == PREFILTER_ACTION_SAMPLE)
		return rule->every;
	if (rule->action == PREFILTER_ACTION_LIMIT)
		return rule->then == PREFILTER_ACTION_ANALYSE;
	return rule->action == PREFILTER_ACTION_ANALYSE;
}

struct prefilter_sampling prefilter_rules_sampling(const struct prefilter_rules *rules)
{
	struct prefilter_sampling sampling = {0};
	uint32_t every = stands_for(&rules->otherwise);

	sampling.any = rules->otherwise.action == PREFILTER_ACTION_SAMPLE;
	sampling.every = every;
	for (size_t i = 0; i < rules->count; i++) {
		every = stands_for(&rules->rule[i]);
		sampling.any |= rules->rule[i].action == PREFILTER_ACTION_SAMPLE;
		if (every == 0)
			continue;
		if (sampling.every == 0)
			sampling.every = every;
		else if (sampling.every != every)
			return (struct prefilter_sampling){true, 0};
	}
	if (sampling.every == 0)
		sampling.every = 1;
	return sampling;
}
