/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/client_words.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The message of a question, as far as it is put together. */
struct message {
	struct question *question;
	size_t used;
	struct error *error;
};

static int add(struct message *message, const char *between, const char *word)
{
	size_t room = sizeof(message->question->message) - message->used;
	size_t used = (size_t)snprintf(message->question->message + message->used, room, "%s%s",
				       between, word);

	if (used >= room)
		return error_set(message->error, EINVAL,
				 "the command is too long; see weirctl --help");
	message->used += used;
	return 0;
}

static int complain(const struct message *message, const char *what)
{
	const char *word = message->question->command->word, *verb = message->question->verb;

	return error_set(message->error, EINVAL, "%s%s%s: %s; see weirctl --help", word,
			 verb != NULL ? " " : "", verb != NULL ? verb : "", what);
}

/* A path is weir's to open, and weir may run in another directory. */
static int add_file(struct message *message, const char *const *words, int count)
{
	char path[PATH_MAX];

	if (count != 1)
		return complain(message, "takes one file");
	if (realpath(words[0], path) == NULL)
		return error_set(message->error, EINVAL, "%s: %s; give a file that is there",
				 words[0], strerror(errno));
	return add(message, ",", path);
}

/* One word or several; in front of them "before 3", which is "before=3" on the socket. */
static int add_text(struct message *message, const char *const *words, int count)
{
	const struct command_argument *argument = message->question->command->arguments;
	const char *between = ",";
	int result = 0;

	for (; argument->keyword; argument++) {
		if (count < 3 || strcmp(words[0], argument->name) != 0)
			continue;
		result = add(message, ",", words[0]);
		if (result == 0)
			result = add(message, "=", words[1]);
		words += 2;
		count -= 2;
	}
	if (count == 0 && argument->needed)
		return complain(message, "too few arguments");
	for (int i = 0; i < count && result == 0; i++) {
		result = add(message, between, words[i]);
		between = " ";
	}
	return result;
}

static int add_values(struct message *message, const char *const *words, int count)
{
	const struct command *command = message->question->command;
	int most = (int)command_argument_count(command), result = 0;

	if (count > most)
		return complain(message, "too many arguments");
	if (count > 0 && count < most && command->arguments[count].together)
		return complain(message, "OFFSET and COUNT go together");
	if (count == 0 && most > 0 && command->arguments[0].typed != NULL)
		return add(message, ",", command->arguments[0].typed);
	for (int i = 0; i < count && result == 0; i++)
		result = add(message, ",", words[i]);
	return result;
}

static int add_arguments(struct message *message, const char *const *words, int count)
{
	const struct command *command = message->question->command;
	unsigned int arguments = command_argument_count(command);

	switch (arguments > 0 ? command->arguments[arguments - 1].type : COMMAND_NUMBER) {
	case COMMAND_TEXT:
		return add_text(message, words, count);
	case COMMAND_FILE:
		return add_file(message, words, count);
	default:
		return add_values(message, words, count);
	}
}

/* A message as it is. */
static int add_raw(struct message *message, const char *const *words, int count)
{
	if (count != 1 || words[0][0] != '/')
		return error_set(message->error, EINVAL,
				 "raw: one telemetry command, as raw /weir/info");
	return add(message, "", words[0]);
}

static int complain_of_words(const char *const *words, int count, bool word_is_known,
			     struct error *error)
{
	char verbs[128];

	if (count == 0)
		return error_set(error, EINVAL, "the command is missing; see weirctl --help");
	if (!word_is_known)
		return error_set(error, EINVAL, "%s: unknown command; see weirctl --help",
				 words[0]);
	return error_set(error, EINVAL, "%s %s: takes %s; see weirctl --help", words[0],
			 count > 1 ? words[1] : "", command_verbs(words[0], verbs, sizeof(verbs)));
}

int words_read(const char *const *words, int count, struct question *question, struct error *error)
{
	struct message message = {.question = question, .error = error};
	const struct command *command;
	int taken, result = 0;

	command = command_of_words(words, count, &taken);
	if (command == NULL)
		return complain_of_words(words, count, taken > 0, error);
	*question = (struct question){
		.command = command,
		.verb = taken > 1 ? words[1] : NULL,
		.words = words + taken,
		.word_count = count - taken,
	};
	if (strcmp(command->word, "raw") == 0)
		return add_raw(&message, question->words, question->word_count);
	if (command->path != NULL)
		result = add(&message, "", command->path);
	/* A text that is not for the socket may be of any length. */
	else if (command_argument_count(command) > 0)
		return 0;
	return result == 0 ? add_arguments(&message, question->words, question->word_count)
			   : result;
}
