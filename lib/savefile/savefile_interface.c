/* SPDX-License-Identifier: BSD-3-Clause */
#include "savefile_interface.h"

#include "savefile_link.h"

#define SECOND_DIGITS 9  /* of ns */
#define DIGITS_MAX    19 /* 10^19 fits 64 bits */

void savefile_interface_init(struct savefile_interface *interface, uint32_t link, uint32_t snap)
{
	*interface = (struct savefile_interface){.link = link_of_file(link), .snap = snap};
	interface->read = link_is_read(interface->link);
	savefile_interface_resolve(interface, 6);
}

static uint64_t power_of_10(unsigned int digits)
{
	uint64_t power = 1;

	while (digits-- > 0)
		power *= 10;
	return power;
}

void savefile_interface_resolve(struct savefile_interface *interface, uint8_t resolution)
{
	const unsigned int digits = resolution & 0x7f;

	interface->shift = 0;
	interface->divisor = interface->multiplier = 1;
	if ((resolution & 0x80) != 0) {
		interface->multiplier = power_of_10(SECOND_DIGITS);
		interface->shift = digits;
	} else if (digits <= SECOND_DIGITS) {
		interface->multiplier = power_of_10(SECOND_DIGITS - digits);
	} else if (digits - SECOND_DIGITS <= DIGITS_MAX) {
		interface->divisor = power_of_10(digits - SECOND_DIGITS);
	} else {
		interface->multiplier = 0; /* no stamp comes to a whole ns */
	}
}

void savefile_interface_fcs(struct savefile_interface *interface, uint32_t length)
{
	interface->fcs = length < 16 ? length : length / 8;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t savefile_interface_told(struct savefile_interface *interface, uint64_t drops)
{
	uint64_t before = larger(interface->told, interface->counted);

	interface->told += drops;
	return larger(interface->told, interface->counted) - before;
}

uint64_t savefile_interface_counted(struct savefile_interface *interface, uint64_t drops)
{
	uint64_t before = larger(interface->told, interface->counted);

	interface->counted = larger(interface->counted, drops);
	return larger(interface->told, interface->counted) - before;
}
