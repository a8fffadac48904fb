/*
 * The guest's flat image, as the Makefile built it.
 *
 * SPDX-License-Identifier: MIT
 */
    .section .rodata
    .globl guest_image, guest_image_end
    .balign 16
guest_image:
    .incbin GUEST_IMAGE_FILE
guest_image_end:

    .section .note.GNU-stack, "", @progbits
