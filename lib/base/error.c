/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/error.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <weir/format.h>

int error_set(struct error *error, int code, const char *format, ...)
{
	if (error != NULL) {
		va_list arguments;

		va_start(arguments, format);
		format_line(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
	}
	return -code;
}

const char *error_words(int code)
{
	switch (code) {
	case EDESTADDRREQ:
		return "no address of that host is known";
	case EKEYREJECTED:
		return "its certificate is no good";
	default:
		return strerror(code);
	}
}
