/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/document.h>
#include <weir/print.h>

Test(events, the_table_is_80_columns_wide)
{
	struct event events[3] = {{0}};
	char *text = NULL;
	size_t size;
	struct printer printer = printer_make(open_memstream(&text, &size));

	/* As long as events can be. */
	for (unsigned int i = 0; i < 3; i++) {
		events[i].time = i * CLOCK_SECOND;
		events[i].kind = EVENT_INTERFACE_REMOVED;
		memset(events[i].port, 'p', sizeof(events[i].port) - 1);
		memset(events[i].text, 't', sizeof(events[i].text) - 1);
	}
	json_t *document = document_events(events, 3);

	print_events(&printer, document);
	fclose(printer.out);
	cr_expect_not(printer.failed);
	cr_expect_not_null(strstr(text, "\n1970-01-01 00:00:02  pppp"), "%s", text);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		cr_expect_leq(strcspn(line, "\n"), PRINT_WIDTH, "too wide: %s", line);
	free(text);
	json_decref(document);
}
