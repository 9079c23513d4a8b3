/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>

json_t *document_text(const char *text)
{
	json_t *string = json_string(text);

	if (string != NULL)
		return string;
	char *plain = strdup(text);

	if (plain == NULL)
		return NULL;
	for (char *c = plain; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

json_t *document_date(uint64_t ns)
{
	char text[40];

	return json_string(format_rfc3339(text, sizeof(text), ns));
}

json_t *document_instant(uint64_t ns)
{
	return ns == 0 ? json_null() : document_date(ns);
}

uint64_t document_ms(uint64_t ns)
{
	return (ns + CLOCK_MILLISECOND / 2) / CLOCK_MILLISECOND;
}
