/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/format.h>

#include <arpa/inet.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/protocols.h>

/* The first byte of a character, in UTF-8. */
static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

const char *format_brief(char *out, size_t size, const char *text)
{
	static const char gap[] = "...";
	size_t length = strlen(text), head = size / 3, tail;

	if (length < size) {
		memcpy(out, text, length + 1);
		return out;
	}
	while (head > 0 && !begins_character(text[head]))
		head--;
	tail = length - (size - head - sizeof(gap));
	while (!begins_character(text[tail]))
		tail++;
	snprintf(out, size, "%.*s%s%s", (int)head, text, gap, text + tail);
	return out;
}

const char *format_line(char *out, size_t size, const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return format_brief(out, size, format);
	for (char *byte = text; *byte != '\0'; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			*byte = '?';
	format_brief(out, size, text);
	free(text);
	return out;
}

const char *format_si(char *out, size_t size, double value, const char *unit)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
	unsigned int power = 0;

	/* 999.5 would round to 1000: it belongs to the next prefix. */
	while (value >= 999.5 && power < sizeof(prefixes) / sizeof(prefixes[0]) - 1) {
		value /= 1000;
		power++;
	}
	int digits = value >= 99.95 || (power == 0 && value == floor(value)) ? 0
		     : value >= 9.995                                        ? 1
									     : 2;
	const char *space = prefixes[power][0] != '\0' || unit[0] != '\0' ? " " : "";

	snprintf(out, size, "%.*f%s%s%s", digits, value, space, prefixes[power], unit);
	return out;
}

const char *format_count(char *out, size_t size, uint64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	size_t o = 0;

	for (int i = 0; i < length && o + 1 < size; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[o++] = ',';
		if (o + 1 < size)
			out[o++] = digits[i];
	}
	if (size > 0)
		out[o] = '\0';
	return out;
}

const char *format_rfc3339(char *out, size_t size, uint64_t ns)
{
	time_t seconds = (time_t)(ns / CLOCK_SECOND);
	struct tm tm;
	char date[40];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, size, "%s.%09uZ", date, (unsigned int)(ns % CLOCK_SECOND));
	return out;
}

const char *format_duration(char *out, size_t size, uint64_t ns)
{
	double seconds = (double)ns / CLOCK_SECOND;
	uint64_t whole = (ns + CLOCK_SECOND / 2) / CLOCK_SECOND;

	/* Each form ends where rounding would give a full unit of the next. */
	if (ns < CLOCK_MILLISECOND - 500)
		snprintf(out, size, "%.0f us", seconds * 1e6);
	else if (ns < CLOCK_SECOND - CLOCK_MILLISECOND / 2)
		snprintf(out, size, "%.0f ms", seconds * 1e3);
	else if (seconds < 59.995)
		snprintf(out, size, "%.2f s", seconds);
	else if (whole < 3600)
		snprintf(out, size, "%u min %u s", (unsigned int)(whole / 60),
			 (unsigned int)(whole % 60));
	else
		snprintf(out, size, "%llu h %u min", (unsigned long long)(whole / 3600),
			 (unsigned int)(whole / 60 % 60));
	return out;
}

/* inet_ntop() goes through printf() for it: half the time of a line of --flows. */
static void format_ipv4(char out[INET_ADDRSTRLEN], const uint8_t *address)
{
	for (int i = 0; i < 4; i++) {
		uint8_t octet = address[i];

		if (octet >= 100)
			*out++ = (char)('0' + octet / 100);
		if (octet >= 10)
			*out++ = (char)('0' + octet / 10 % 10);
		*out++ = (char)('0' + octet % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

const char *format_address(char *out, size_t size, int version, const uint8_t *address)
{
	if (version == 4 && size >= INET_ADDRSTRLEN)
		format_ipv4(out, address);
	else if (size > 0 && inet_ntop(version == 6 ? AF_INET6 : AF_INET, address, out,
				       (socklen_t)size) == NULL)
		out[0] = '\0';
	return out;
}

const char *format_protocol(char *out, size_t size, uint8_t protocol)
{
#define NAME(protocol, number, name) [number] = name,
	static const char *const names[256] = {PROTOCOL_LIST(NAME)};
#undef NAME

	if (names[protocol] != NULL)
		snprintf(out, size, "%s", names[protocol]);
	else
		snprintf(out, size, "%u", protocol);
	return out;
}
