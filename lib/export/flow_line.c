/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/flow_line.h>

#include <string.h>

#include <weir/flow_visitor.h>

/* Each function takes the end of the line so far and returns the new end. */

static char *put_text(char *out, const char *text)
{
	return stpcpy(out, text);
}

static size_t digits_of(uint64_t value)
{
	size_t digits = 1;

	for (; value >= 10000; value /= 10000)
		digits += 4;
	return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

static char *put_number(char *out, uint64_t value)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char *end = out + digits_of(value);

	/* From the last digit, in place: digits copied from elsewhere wait for their own stores. */
	for (char *at = end; at - out >= 2; value /= 100) {
		at -= 2;
		memcpy(at, pairs + 2 * (value % 100), 2);
	}
	if ((end - out) % 2 != 0)
		*out = (char)('0' + value);
	return end;
}

static inline char *put_name(char *out, const char *name)
{
	*out++ = '"';
	out = put_text(out, name);
	*out++ = '"';
	*out++ = ':';
	return out;
}

FLOW_FIELDS_INLINE void add_number(void *context, const char *name, uint64_t value)
{
	char **end = context;
	char *out = put_number(put_name(*end, name), value);

	*out++ = ',';
	*end = out;
}

FLOW_FIELDS_INLINE void add_text(void *context, const char *name, const char *value)
{
	char **end = context;
	char *out = put_name(*end, name);

	*out++ = '"';
	out = put_text(out, value);
	*out++ = '"';
	*out++ = ',';
	*end = out;
}

size_t flow_line(char *out, const struct flow_view *view)
{
	char *end = out;
	const struct flow_field_visitor visitor = {add_number, add_text, &end};

	*end++ = '{';
	flow_fields(view, &visitor);
	end[-1] = '}'; /* in place of the last comma */
	*end++ = '\n';
	return (size_t)(end - out);
}

static size_t put_record(void *context, char *out, const struct flow_view *view)
{
	(void)context;
	return flow_line(out, view);
}

/* A message of what stays in a core's own cache, and is worth a call of the kernel. */
const struct encoder flow_line_encoder = {
	.message = (size_t)64 << 10,
	.longest = FLOW_LINE_MAX,
	.record = put_record,
};
