/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PCAPNG_H
#define WEIR_PCAPNG_H

/*
 * Numbers of pcapng (draft-ietf-opsawg-pcapng), once for who writes it (lib/capture), who reads it
 * (lib/savefile) and who looks through it (weirctl). Needs nothing.
 */

#define PCAPNG_BYTE_ORDER_MAGIC 0x1a2b3c4du

/* Types of blocks: section 4. */
enum {
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,          /* the enhanced one */
	BLOCK_SECTION = 0x0a0d0d0a /* the same in either byte order */
};

/* Codes of options, each with meaning in its own kind of block: sections 3.5 and 4. */
enum {
	OPTION_END = 0,

	SHB_USERAPPL = 4,

	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FCSLEN = 13,
	IF_TSOFFSET = 14,

	EPB_FLAGS = 2, /* pack_flags of the old block, too */
	EPB_DROPCOUNT = 4,

	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8
};

#endif
