/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>

#include <weir/clock.h>
#include <weir/dimensions.h>
#include <weir/format.h>

#include "parts.h"

static const struct {
	const char *plural, *title;
} lists[STATS_DIMENSIONS] = {
	[STATS_SOURCE] = {"sources", "Address"},
	[STATS_DESTINATION] = {"destinations", "Address"},
	[STATS_PAIR] = {"address pairs", "From > to"},
	[STATS_SOURCE_PORT] = {"source ports", "Port"},
	[STATS_DESTINATION_PORT] = {"destination ports", "Port"},
	[STATS_PROTOCOL] = {"protocols", "Protocol"},
	[STATS_FLOW] = {"flows", "From > to"},
};

/* What a list is of. */
static enum stats_dimension dimension_of(const json_t *top)
{
	const char *name = print_text(top, "dimension");
	enum stats_dimension dimension = 0;

	while (dimension < STATS_FLOW && strcmp(stats_dimension_names[dimension], name) != 0)
		dimension++;
	return dimension;
}

struct endpoint {
	const char *address;
	unsigned int port;
};

/* "192.0.2.1:53", "[2001:db8::1]:53"; without ports just the address. */
static const char *endpoint_text(char *out, size_t size, const struct endpoint *endpoint,
				 bool ports)
{
	if (!ports)
		snprintf(out, size, "%.45s", endpoint->address);
	else if (strchr(endpoint->address, ':') != NULL)
		snprintf(out, size, "[%.45s]:%u", endpoint->address, endpoint->port);
	else
		snprintf(out, size, "%.45s:%u", endpoint->address, endpoint->port);
	return out;
}

static void flow_label(char *out, size_t size, const struct endpoint *from,
		       const struct endpoint *to, const char *protocol, unsigned int vlan)
{
	bool ports = from->port != 0 || to->port != 0;
	char a[64], b[64], tag[24] = "";

	if (vlan != 0)
		snprintf(tag, sizeof(tag), " vlan %u", vlan);
	snprintf(out, size, "%s > %s %.15s%s", endpoint_text(a, sizeof(a), from, ports),
		 endpoint_text(b, sizeof(b), to, ports), protocol, tag);
}

static void row_label(char *out, size_t size, enum stats_dimension dimension, const json_t *row)
{
	struct endpoint from = {print_text(row, "source"),
				(unsigned int)print_count(row, "source_port")};
	struct endpoint to = {print_text(row, "destination"),
			      (unsigned int)print_count(row, "destination_port")};
	const char *name = print_text(row, "name");

	switch (dimension) {
	case STATS_FLOW:
		flow_label(out, size, &from, &to, name, (unsigned int)print_count(row, "vlan"));
		break;
	case STATS_PAIR:
		snprintf(out, size, "%s > %s", from.address, to.address);
		break;
	case STATS_PROTOCOL:
		snprintf(out, size, "%s", name);
		break;
	case STATS_SOURCE_PORT:
	case STATS_DESTINATION_PORT:
		snprintf(out, size, "%llu/%s", (unsigned long long)print_count(row, "port"), name);
		break;
	default:
		snprintf(out, size, "%s", print_text(row, "address"));
	}
}

/* Of a prefilter or of --sample; the report says it once for all. */
static void top_sample(struct printer *printer, const json_t *top)
{
	const unsigned long long one_in = print_count(top, "sampling_one_in");

	if (json_object_get(top, "sampling_one_in") == NULL)
		return;
	if (one_in > 0)
		fprintf(printer->out, "  of a sample: each packet stands for %llu\n", one_in);
	else
		fputs("  of a sample, at no one rate: see the prefilter\n", printer->out);
}

static void top_heading(struct printer *printer, const json_t *top, const char *plural)
{
	unsigned long long shown = print_count(top, "shown");
	bool exact = print_count(top, "exact") != 0;
	const char *window = print_text(top, "window");
	char total[32], covered[32], title[128];

	format_duration(covered, sizeof(covered),
			print_count(top, "covered_ms") * CLOCK_MILLISECOND);
	snprintf(title, sizeof(title), "Top %s by %s%s%s over %s", plural,
		 print_text(top, "metric"), strcmp(window, "total") == 0 ? "" : ", window ",
		 strcmp(window, "total") == 0 ? "" : window, covered);
	format_count(total, sizeof(total), print_count(top, "total"));
	if (exact && shown == print_count(top, "total"))
		print_heading(printer, "%s (all %s)", title, total);
	else
		print_heading(printer, "%s (%llu of %s%s)", title, shown, exact ? "" : "at least ",
			      total);
	if (print_count(top, "missed_share_ppm") > 0)
		fprintf(printer->out,
			"  of all frames %.4g%% were lost before weir: not in this list\n",
			print_number(top, "missed_share_ppm") / 10000);
	top_sample(printer, top);
	if (exact)
		return;
	const json_t *bound = json_object_get(top, "error_bound");
	char octets[32], packets[32], flows[32];

	fprintf(printer->out, "  not exact, may be low by: %s, %s packets, %s flows\n",
		format_si(octets, sizeof(octets), print_number(bound, "octets"), "B"),
		print_quantity(packets, sizeof(packets), print_count(bound, "packets")),
		print_quantity(flows, sizeof(flows), print_count(bound, "flows")));
}

/* A flow is one flow: the room is better used for two addresses with ports. */
static bool has_flows(const json_t *top)
{
	return dimension_of(top) != STATS_FLOW;
}

static void top_row(struct table *table, const json_t *top, size_t index)
{
	const json_t *row = print_item(json_object_get(top, "rows"), index);
	const json_t *sum = json_object_get(top, "sum");
	const char *metric = print_text(top, "metric");
	char label[192], text[32];

	row_label(label, sizeof(label), dimension_of(top), row);
	table_cell(table, "%zu", index + 1);
	table_cell(table, "%s", label);
	table_cell(table, "%s", format_si(text, sizeof(text), print_number(row, "octets"), "B"));
	table_cell(table, "%s", print_quantity(text, sizeof(text), print_count(row, "packets")));
	if (has_flows(top))
		table_cell(table, "%s",
			   print_quantity(text, sizeof(text), print_count(row, "flows")));
	if (sum != NULL)
		table_cell(table, "%s",
			   print_share(text, sizeof(text), print_number(row, metric),
				       print_number(sum, metric)));
}

void print_top(struct printer *printer, const json_t *top)
{
	struct table_column columns[TABLE_COLUMNS_MAX] = {
		{.title = "", .right = true},
		{.wraps = true},
		{.title = "Octets", .right = true},
		{.title = "Packets", .right = true},
	};
	const enum stats_dimension dimension = dimension_of(top);
	size_t rows = print_items(json_object_get(top, "rows"));
	unsigned int count = 4;

	top_heading(printer, top, lists[dimension].plural);
	if (rows == 0) {
		fputs("  none\n", printer->out);
		return;
	}
	columns[1].title = lists[dimension].title;
	if (has_flows(top))
		columns[count++] = (struct table_column){.title = "Flows", .right = true};
	if (json_object_get(top, "sum") != NULL)
		columns[count++] = (struct table_column){.title = "Share", .right = true};
	struct table *table = table_create(columns, count);

	for (size_t i = 0; table != NULL && i < rows; i++)
		top_row(table, top, i);
	print_table(printer, table, 0);
}

/* The member that a record has under its IPv4 or its IPv6 name. */
static const char *either(const json_t *flow, const char *ipv4, const char *ipv6)
{
	const char *text = print_text(flow, ipv4);

	return text[0] != '\0' ? text : print_text(flow, ipv6);
}

static void live_flow_row(struct table *table, const json_t *flow)
{
	struct endpoint from = {either(flow, "sourceIPv4Address", "sourceIPv6Address"),
				(unsigned int)print_count(flow, "sourceTransportPort")};
	struct endpoint to = {either(flow, "destinationIPv4Address", "destinationIPv6Address"),
			      (unsigned int)print_count(flow, "destinationTransportPort")};
	uint64_t lasted = print_count(flow, "flowEndMilliseconds") -
			  print_count(flow, "flowStartMilliseconds");
	double octets = print_number(flow, "octetDeltaCount");
	double back = print_number(flow, "reverseOctetDeltaCount");
	uint64_t packets = print_count(flow, "packetDeltaCount") +
			   print_count(flow, "reversePacketDeltaCount");
	char label[192], protocol[16], text[32];

	format_protocol(protocol, sizeof(protocol),
			(uint8_t)print_count(flow, "protocolIdentifier"));
	flow_label(label, sizeof(label), &from, &to, protocol,
		   (unsigned int)print_count(flow, "vlanId"));
	table_cell(table, "%s", label);
	table_cell(table, "%s", format_si(text, sizeof(text), octets + back, "B"));
	table_cell(table, "%s", print_share(text, sizeof(text), back, octets + back));
	table_cell(table, "%s", print_quantity(text, sizeof(text), packets));
	table_cell(table, "%s", format_duration(text, sizeof(text), lasted * CLOCK_MILLISECOND));
}

void print_live_flows(struct printer *printer, const json_t *flows)
{
	static const struct table_column columns[] = {
		{.title = "From > to", .wraps = true}, {.title = "Octets", .right = true},
		{.title = "back", .right = true},      {.title = "Packets", .right = true},
		{.title = "Lasts", .right = true},
	};
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < print_items(flows); i++)
		live_flow_row(table, print_item(flows, i));
	print_table(printer, table, 0);
}
