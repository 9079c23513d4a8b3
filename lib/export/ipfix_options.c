/* SPDX-License-Identifier: BSD-3-Clause */
/* Option records of IPFIX: sampling, statistics, and what weir's own elements are. */
#include "ipfix.h"

#include <ctype.h>

#include <weir/clock.h>
#include <weir/outlet.h>

#define OPTIONS_SET 3
#define STRING_MOST 254 /* octets, so that one before them tells how many */
#define SCOPE_DOMAIN                                                                               \
	{                                                                                          \
		FLOW_PEN_IANA, 149, 4                                                              \
	} /* observationDomainId */

static char *put_template(const struct template_encoder *encoder, char *out, uint16_t id,
			  const struct field_specifier *fields, unsigned int count,
			  unsigned int scopes)
{
	char *set = out;

	out = template_set_begin(set, OPTIONS_SET);
	out = wire_16(out, id);
	out = wire_16(out, (uint16_t)count);
	out = wire_16(out, (uint16_t)scopes);
	return template_set_end(encoder, set, encoder->dialect->specifiers(out, fields, count));
}

/* ---- types (RFC 5610) ---- */

char *ipfix_types_template(const struct template_encoder *encoder, char *out)
{
	static const struct field_specifier fields[] = {
		{FLOW_PEN_IANA, 346, 4},              /* privateEnterpriseNumber */
		{FLOW_PEN_IANA, 303, 2},              /* informationElementId */
		{FLOW_PEN_IANA, 339, 1},              /* informationElementDataType */
		{FLOW_PEN_IANA, 344, 1},              /* informationElementSemantics */
		{FLOW_PEN_IANA, 345, 2},              /* informationElementUnits */
		{FLOW_PEN_IANA, 342, 8},              /* informationElementRangeBegin */
		{FLOW_PEN_IANA, 343, 8},              /* informationElementRangeEnd */
		{FLOW_PEN_IANA, 341, FIELD_VARIABLE}, /* informationElementName */
		{FLOW_PEN_IANA, 340, FIELD_VARIABLE}, /* informationElementDescription */
	};

	return put_template(encoder, out, IPFIX_TYPES, fields, sizeof(fields) / sizeof(*fields), 2);
}

/* Its length before it, in one octet. */
static char *put_string(char *out, const char *text)
{
	size_t length = strlen(text);

	length = length < STRING_MOST ? length : STRING_MOST;
	return wire_bytes(wire_8(out, (uint8_t)length), text, length);
}

/* "weir", "Ledger", "non_ip": weirLedgerNonIp. */
static void own_name(char name[64], const struct own_element *element)
{
	char *out = stpcpy(stpcpy(name, "weir"), element->prefix);
	bool begins = true;

	for (const char *c = element->name; *c != '\0'; c++) {
		if (*c != '_')
			*out++ = begins ? (char)toupper((unsigned char)*c) : *c;
		begins = *c == '_';
	}
	*out = '\0';
}

char *ipfix_types_record(const struct template_encoder *encoder, char *out,
			 const struct own_element *element)
{
	char *set = out;
	char name[64];

	own_name(name, element);
	out = template_set_begin(set, IPFIX_TYPES);
	out = wire_32(out, FLOW_PEN_WEIR);
	out = wire_16(out, element->element);
	out = wire_8(out, element->type);
	out = wire_8(out, element->semantics);
	out = wire_16(out, element->units);
	out = wire_64(out, 0); /* any value; libfixbuf wants all fields of RFC 5610 section 3.9 */
	out = wire_64(out, 0);
	out = put_string(out, name);
	return template_set_end(encoder, set, put_string(out, element->meaning));
}

/* ---- sampling: in the one old form that all collectors read ---- */

char *ipfix_sampling_template(const struct template_encoder *encoder, char *out)
{
	static const struct field_specifier fields[] = {
		SCOPE_DOMAIN, {FLOW_PEN_IANA, 34, 4} /* samplingInterval */
	};

	return put_template(encoder, out, IPFIX_SAMPLING, fields, 2, 1);
}

char *ipfix_sampling_record(const struct template_encoder *encoder, char *out)
{
	char *set = out;

	out = template_set_begin(set, IPFIX_SAMPLING);
	out = wire_32(out, encoder->settings.domain);
	return template_set_end(encoder, set, wire_32(out, template_sampling(encoder)));
}

/* ---- statistics ---- */

/* Values with their elements, so that template and record cannot differ. */
struct statistics_values {
	struct field_specifier fields[FLOW_FIELDS_MOST];
	uint64_t values[FLOW_FIELDS_MOST];
	unsigned int count;
};

static void add(struct statistics_values *all, uint32_t pen, uint16_t element, uint64_t value)
{
	all->fields[all->count] = (struct field_specifier){pen, element, 8};
	all->values[all->count++] = value;
}

/* Those of RFC 7011 section 4, for all of which IANA has names. */
static void add_exported(struct statistics_values *all, const struct template_encoder *encoder,
			 const struct export_facts *facts, const struct outlet_ledger *ledger)
{
	bool biflow = encoder->dialect->form == FLOW_BIFLOW;
	const struct flow_totals *sent = &encoder->sent, *lost = &encoder->lost;

	add(all, FLOW_PEN_IANA, 160, facts->started / CLOCK_MILLISECOND); /* systemInitTime... */
	add(all, FLOW_PEN_IANA, 41, encoder->messages); /* exportedMessageTotalCount */
	add(all, FLOW_PEN_IANA, 40, encoder->octets);   /* exportedOctetTotalCount */
	add(all, FLOW_PEN_IANA, 42, sent->records);     /* exportedFlowRecordTotalCount */
	add(all, FLOW_PEN_IANA, 166,                    /* notSentFlowTotalCount */
	    lost->records + (biflow ? ledger->lost_full : ledger->full_directions));
	add(all, FLOW_PEN_IANA, 167,
	    lost->packets + ledger->full_packets); /* notSentPacketTotalCount */
	add(all, FLOW_PEN_IANA, 168,
	    lost->octets + ledger->full_octets);              /* notSentOctetTotalCount */
	add(all, FLOW_PEN_IANA, 163, facts->flows);           /* observedFlowTotalCount */
	add(all, FLOW_PEN_IANA, 164, facts->ledger.overflow); /* ignoredPacketTotalCount */
	add(all, FLOW_PEN_IANA, 165, facts->ignored_octets);  /* ignoredOctetTotalCount */
	add(all, FLOW_PEN_WEIR, OWN_SENT_PACKETS, sent->packets);
	add(all, FLOW_PEN_WEIR, OWN_SENT_OCTETS, sent->octets);
}

static void add_own(struct statistics_values *all, const struct template_encoder *encoder,
		    const struct export_facts *facts, const struct outlet_ledger *of)
{
	/* Not while records wait, although all are there. */
	add(all, FLOW_PEN_WEIR, OWN_FINAL, encoder->told_last && facts->final);
#define ADD(name, ...) add(all, FLOW_PEN_WEIR, OWN_LEDGER_##name, facts->ledger.name);
	LEDGER_STATISTICS(ADD, EXPORT_NO_FACT)
#undef ADD
#define ADD(name, kind, unit, sum, label, value, meaning)                                          \
	add(all, FLOW_PEN_WEIR, OWN_OUTPUT_##name, value);
	OUTPUT_STATISTICS(ADD, EXPORT_NO_FACT)
#undef ADD
}

static void collect(struct statistics_values *all, const struct template_encoder *encoder,
		    const struct outlet *outlet)
{
	struct outlet_ledger ledger = {0};
	struct export_facts facts;

	all->count = 0;
	template_facts(encoder, &facts);
	if (outlet != NULL)
		outlet_ledger(outlet, &ledger);
	add_exported(all, encoder, &facts, &ledger);
	add_own(all, encoder, &facts, &ledger);
}

char *ipfix_statistics_template(const struct template_encoder *encoder, char *out)
{
	struct field_specifier fields[1 + FLOW_FIELDS_MOST] = {SCOPE_DOMAIN};
	struct statistics_values all;

	collect(&all, encoder, NULL);
	memcpy(fields + 1, all.fields, all.count * sizeof(*fields));
	return put_template(encoder, out, IPFIX_STATISTICS, fields, 1 + all.count, 1);
}

char *ipfix_statistics_record(struct template_encoder *encoder, char *out,
			      const struct outlet *outlet)
{
	struct statistics_values all;
	char *set = out;

	collect(&all, encoder, outlet);
	out = template_set_begin(set, IPFIX_STATISTICS);
	out = wire_32(out, encoder->settings.domain);
	for (unsigned int i = 0; i < all.count; i++)
		out = wire_64(out, all.values[i]);
	return template_set_end(encoder, set, out);
}
