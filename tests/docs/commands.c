/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints how to ask each command, on the socket and by weirctl: what docs/interface.md lists. */
#include <stdio.h>

#include <weir/commands.h>

int main(void)
{
	const struct command *command;
	char text[256];

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++) {
		if (command->path != NULL)
			puts(command_socket_usage(command, text, sizeof(text)));
		if (command->word != NULL)
			puts(command_words_usage(command, text, sizeof(text)));
	}
	return 0;
}
