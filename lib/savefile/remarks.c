/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/remarks.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void remarks_add(struct remarks *remarks, const char *format, ...)
{
	va_list arguments;

	if (remarks->count == remarks->room) {
		unsigned int room = remarks->room == 0 ? 16 : remarks->room * 2;
		char **more = realloc(remarks->text, room * sizeof(*more));

		if (more == NULL)
			return;
		remarks->text = more;
		remarks->room = room;
	}
	if (remarks->count == REMARKS_MAX)
		return;
	if (remarks->count == REMARKS_MAX - 1)
		format = "there is more to say of the captures than is kept";
	va_start(arguments, format);
	if (vasprintf(&remarks->text[remarks->count], format, arguments) >= 0)
		remarks->count++;
	va_end(arguments);
}

void remarks_free(struct remarks *remarks)
{
	for (unsigned int i = 0; i < remarks->count; i++)
		free(remarks->text[i]);
	free(remarks->text);
	*remarks = (struct remarks){0};
}
