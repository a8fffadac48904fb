/*
 * Entry of the guest on KVM: 64-bit mode, ring 3, paging on, rdi = the parameters, rsp set, by the VMM. guest_main ends
 * by reporting its last stage, and the VMM does not run the vCPU again.
 *
 * SPDX-License-Identifier: MIT
 */
    .section .text.start, "ax"
    .globl _start
_start:
    xorl %ebp, %ebp
    call guest_main
    ud2

    .section .note.GNU-stack, "", @progbits
