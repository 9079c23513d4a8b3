/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int prefilter_create(const struct prefilter_options *options, const struct prefilter_rules *rules,
		     struct prefilter **prefilter, struct error *error)
{
	struct prefilter *created = calloc(1, sizeof(*created));
	int code;

	if (created == NULL)
		return error_set(error, ENOMEM, "prefilter: no memory");
	pthread_mutex_init(&created->lock, NULL);
	created->link = -1;
	created->target = options->target;
	while (created->free_meters < PREFILTER_METERS) {
		created->free_meter[created->free_meters] = (uint32_t)created->free_meters;
		created->free_meters++;
	}
	code = kernel_load(created, rules != NULL, options->queues, error);
	if (code == 0 && rules != NULL)
		code = prefilter_replace(created, rules, error);
	if (code < 0) {
		prefilter_destroy(created);
		return code;
	}
	*prefilter = created;
	return 0;
}

void prefilter_destroy(struct prefilter *prefilter)
{
	if (prefilter == NULL)
		return;
	prefilter_detach(prefilter);
	kernel_drop(&prefilter->live);
	kernel_unload(prefilter);
	prefilter_rules_free(prefilter->rules);
	free(prefilter->state);
	pthread_mutex_destroy(&prefilter->lock);
	free(prefilter);
}

/*
 * The rules' errors name a place in the file, of a rule that is not the one to blame: of all the
 * set it is the one added that is too many, or not possible.
 */
static void blame_added(const struct prefilter_rules *rules, struct error *error)
{
	const size_t name = strlen(rules->name);
	const struct error reason = *error;
	const char *what = NULL;

	if (strncmp(reason.text, rules->name, name) == 0 && reason.text[name] == ':')
		what = strstr(reason.text + name, ": ");
	if (what != NULL)
		snprintf(error->text, sizeof(error->text), "rule:1:1%s", what);
}

/* Check and take over `rules`, or free them. With the lock held. */
static int change(struct prefilter *prefilter, struct prefilter_rules *rules, struct error *error)
{
	int code = rules_check(rules, error);

	if (code == 0)
		code = change_rules(prefilter, rules, error);
	if (code < 0) {
		if (error != NULL)
			blame_added(rules, error);
		prefilter_rules_free(rules);
	}
	return code;
}

int prefilter_replace(struct prefilter *prefilter, const struct prefilter_rules *rules,
		      struct error *error)
{
	struct prefilter_rules *copy = rules_copy(rules);
	int code;

	if (copy == NULL)
		return error_set(error, ENOMEM, "prefilter: no memory for rules");
	pthread_mutex_lock(&prefilter->lock);
	code = change_rules(prefilter, copy, error);
	pthread_mutex_unlock(&prefilter->lock);
	if (code < 0)
		prefilter_rules_free(copy);
	return code;
}

/* The number of the rule with this text, or `count`. */
static size_t find(const struct prefilter_rules *rules, const char *text)
{
	size_t i = 0;

	while (i < rules->count && strcmp(rules->rule[i].text, text) != 0)
		i++;
	return i;
}

static int parse_one(const char *text, struct rule *rule, struct error *error)
{
	int found = -EINVAL;

	if (strchr(text, '\n') == NULL)
		found = rule_parse("rule", 1, text, strlen(text), rule, error);
	if (found > 0)
		return 0;
	if (found == 0 || strchr(text, '\n') != NULL)
		return error_set(error, EINVAL, "rule:1:1: one rule is needed");
	return found;
}

/* `rule` becomes theirs. */
static int add(struct prefilter *prefilter, struct rule *rule, size_t before, struct error *error)
{
	const struct prefilter_rules *rules = prefilter->rules;
	const bool otherwise = rule->kind == RULE_DEFAULT;
	const size_t at = before == 0 ? rules->count : before - 1;
	struct prefilter_rules *copy = NULL;
	int code;

	if (otherwise ? strcmp(rules->otherwise.text, rule->text) == 0
		      : find(rules, rule->text) < rules->count)
		code = error_set(error, EEXIST, "rule:1:1: '%s' is there already", rule->text);
	else if (before > rules->count)
		code = error_set(error, ENOENT,
				 "rule:1:1: there is no rule %zu to put it before: "
				 "there are %zu",
				 before, rules->count);
	else if ((copy = rules_copy(rules)) == NULL)
		code = error_set(error, ENOMEM, "prefilter: no memory for rules");
	else if (otherwise)
		code = 0;
	else
		code = rules_insert(copy, at, rule);
	if (code < 0) {
		free(rule->text);
		prefilter_rules_free(copy);
		return code;
	}
	if (otherwise) {
		free(copy->otherwise.text);
		copy->otherwise = *rule;
	}
	return change(prefilter, copy, error);
}

int prefilter_add(struct prefilter *prefilter, const char *rule, size_t before, struct error *error)
{
	struct rule parsed;
	int code = parse_one(rule, &parsed, error);

	if (code < 0)
		return code;
	pthread_mutex_lock(&prefilter->lock);
	code = add(prefilter, &parsed, before, error);
	pthread_mutex_unlock(&prefilter->lock);
	return code;
}

/* The number of the rule that `which` means, from 0. */
static int which_rule(const struct prefilter_rules *rules, const char *which, size_t *number,
		      struct error *error)
{
	struct rule rule;
	char *end;
	int code;

	if (*which >= '0' && *which <= '9') {
		*number = strtoul(which, &end, 10) - 1;
		if (*end == '\0' && *number < rules->count)
			return 0;
		return error_set(error, ENOENT, "rule:1:1: there is no rule %s: there are %zu",
				 which, rules->count);
	}
	code = parse_one(which, &rule, error);
	if (code < 0)
		return code;
	*number = find(rules, rule.text);
	if (rule.kind == RULE_DEFAULT)
		code = error_set(error, EINVAL,
				 "rule:1:1: the default stays; add another one in "
				 "its place");
	else if (*number == rules->count)
		code = error_set(error, ENOENT, "rule:1:1: there is no rule '%s'", rule.text);
	free(rule.text);
	return code;
}

int prefilter_delete(struct prefilter *prefilter, const char *which, struct error *error)
{
	struct prefilter_rules *copy;
	size_t number;
	int code;

	pthread_mutex_lock(&prefilter->lock);
	code = which_rule(prefilter->rules, which, &number, error);
	if (code == 0) {
		copy = rules_copy(prefilter->rules);
		if (copy != NULL) {
			rules_remove(copy, number);
			code = change(prefilter, copy, error);
		} else {
			code = error_set(error, ENOMEM, "prefilter: no memory for rules");
		}
	}
	pthread_mutex_unlock(&prefilter->lock);
	return code;
}

char *prefilter_text(struct prefilter *prefilter)
{
	char *text;

	pthread_mutex_lock(&prefilter->lock);
	text = prefilter_rules_text(prefilter->rules);
	pthread_mutex_unlock(&prefilter->lock);
	return text;
}

struct prefilter_sampling prefilter_sampling(struct prefilter *prefilter)
{
	return atomic_load(&prefilter->sampling);
}
