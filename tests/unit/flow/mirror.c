/* SPDX-License-Identifier: BSD-3-Clause */
#include "mirror.h"

#include <string.h>

struct first_line {
	uint64_t time;
	uint8_t mac[12];
};

struct sums_line {
	uint64_t packets[2], octets[2];
	uint64_t before; /* packets in records that this one goes on with */
};

enum { FIRST, FLOW, RECORD };

static void begin_first(void *line, const struct packet *packet, bool continues)
{
	struct first_line *first = line;

	(void)continues;
	first->time = packet->time;
	memcpy(first->mac, packet->mac, sizeof(first->mac));
}

static void begin_sums(void *line, const struct packet *packet, bool continues)
{
	struct sums_line *sums = line;

	(void)packet;
	(void)continues;
	*sums = (struct sums_line){.before = sums->before + sums->packets[0] + sums->packets[1]};
}

static void count(void *line, const struct packet *packet, unsigned int direction)
{
	struct sums_line *sums = line;

	sums->packets[direction]++;
	sums->octets[direction] += packet->octets;
}

const struct flow_extension mirror_first = {.name = "first", .begin = begin_first};
const struct flow_extension mirror_flow = {.name = "flow", .begin = begin_sums, .packet = count};
const struct flow_extension mirror_record = {.name = "record", .packet = count};

static const struct sums_line *sums_of(const struct flow_view *view, int line)
{
	return (const struct sums_line *)&view->lines[line];
}

static bool has_sums(const struct flow_view *view, int line)
{
	const struct sums_line *sums = sums_of(view, line);

	return memcmp(sums->packets, view->packets, sizeof(sums->packets)) == 0 &&
	       memcmp(sums->octets, view->octets, sizeof(sums->octets)) == 0;
}

/* Either end may have sent the first packet of a record that goes on. */
static bool has_macs(const struct flow_view *view, const uint8_t mac[12])
{
	return (memcmp(mac, view->mac_destination, 6) == 0 &&
		memcmp(mac + 6, view->mac_source, 6) == 0) ||
	       (memcmp(mac, view->mac_source, 6) == 0 &&
		memcmp(mac + 6, view->mac_destination, 6) == 0);
}

const char *mirror_wrong(const struct flow_view *view)
{
	const struct first_line *first = (const struct first_line *)&view->lines[FIRST];

	if (!has_sums(view, FLOW))
		return "line and record have not counted the same";
	if (!has_sums(view, RECORD))
		return "a line that did not begin with its record";
	if (sums_of(view, RECORD)->before != 0)
		return "a line that was not zero at first";
	if (first->time < view->first || first->time > view->last)
		return "the first packet of another time";
	if (!has_macs(view, first->mac))
		return "the first packet of another record";
	return NULL;
}

uint64_t mirror_before(const struct flow_view *view)
{
	return sums_of(view, FLOW)->before;
}
