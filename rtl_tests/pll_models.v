// A behavioural model of every family's PLL and of the cells around it. A PLL runs at the frequency that its parameters
// say; until it locks, LOCK_AFTER cycles of its reference later, it runs half as fast, as if it were still at it.
`timescale 1ns/1ps

module pll_model #(parameter real RATIO = 1.0, parameter LOCK_AFTER = 200) (input reference, output reg clock, output reg locked);
    real edge_at = 0, period = 0;
    integer seen = 0;
    initial begin clock = 0; locked = 0; end
    always @(posedge reference) begin
        period = $realtime - edge_at;
        edge_at = $realtime;
        seen = seen + 1;
        if (seen == LOCK_AFTER) locked = 1;
    end
    initial begin
        wait (seen == 2);
        forever #(period / RATIO / (locked ? 2 : 1)) clock = ~clock;
    end
endmodule

module EHXPLLL #(
    parameter CLKI_DIV = 1, parameter CLKFB_DIV = 1, parameter CLKOP_DIV = 8, parameter CLKOP_CPHASE = 0,
    parameter CLKOP_FPHASE = 0, parameter FEEDBK_PATH = "", parameter PLLRST_ENA = "", parameter INTFB_WAKE = "",
    parameter STDBY_ENABLE = "", parameter DPHASE_SOURCE = "", parameter OUTDIVIDER_MUXA = "",
    parameter CLKOP_ENABLE = ""
) (input CLKI, CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP,
   output CLKOP, LOCK);
    pll_model #(1.0 * CLKFB_DIV / CLKI_DIV) model (CLKI, CLKOP, LOCK);
endmodule

module FD1S3AX #(parameter GSR = "") (input CK, D, output reg Q);
    initial Q = 0;
    always @(posedge CK) Q <= D;
endmodule

module SGSR (input CLK, GSR);
endmodule

module IB (input I, output O);
    assign O = I;
endmodule

module OBZ (input I, T, output O);
    assign O = T ? 1'bz : I;
endmodule

module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "", parameter PLLOUT_SELECT = "", parameter DIVR = 0, parameter DIVF = 0,
    parameter DIVQ = 1, parameter FILTER_RANGE = 0
) (input PACKAGEPIN, RESETB, BYPASS, output PLLOUTGLOBAL, LOCK);
    pll_model #(1.0 * (DIVF + 1) / (DIVR + 1) / (1 << DIVQ)) model (PACKAGEPIN, PLLOUTGLOBAL, LOCK);
endmodule

module SB_IO #(parameter PIN_TYPE = 6'b000000, parameter PULLUP = 0, parameter NEG_TRIGGER = 0, parameter IO_STANDARD = "")
    (inout PACKAGE_PIN, input D_OUT_0, OUTPUT_ENABLE, output D_IN_0);
    assign D_IN_0 = PACKAGE_PIN;
    assign PACKAGE_PIN = PIN_TYPE[5:2] == 0 ? 1'bz : D_OUT_0;
endmodule

module rPLL #(
    parameter FCLKIN = "", parameter DEVICE = "", parameter IDIV_SEL = 0, parameter FBDIV_SEL = 0,
    parameter ODIV_SEL = 8, parameter DYN_IDIV_SEL = "", parameter DYN_FBDIV_SEL = "", parameter DYN_ODIV_SEL = "",
    parameter DYN_DA_EN = "", parameter DYN_SDIV_SEL = 2, parameter PSDA_SEL = "", parameter DUTYDA_SEL = "",
    parameter CLKFB_SEL = "", parameter CLKOUT_BYPASS = "", parameter CLKOUTP_BYPASS = "", parameter CLKOUTD_BYPASS = ""
) (input CLKIN, CLKFB, RESET, RESET_P, input [5:0] FBDSEL, IDSEL, ODSEL, input [3:0] PSDA, DUTYDA, FDLY,
   output CLKOUT, LOCK);
    pll_model #(1.0 * (FBDIV_SEL + 1) / (IDIV_SEL + 1)) model (CLKIN, CLKOUT, LOCK);
endmodule

module IBUF #(parameter IOSTANDARD = "") (input I, output O);
    assign O = I;
endmodule

module TBUF (input I, OEN, output O);
    assign O = OEN ? 1'bz : I;
endmodule

module OBUFT #(parameter IOSTANDARD = "") (input I, T, output O);
    assign O = T ? 1'bz : I;
endmodule

module MMCME2_BASE #(
    parameter BANDWIDTH = "", parameter real CLKIN1_PERIOD = 0, parameter DIVCLK_DIVIDE = 1,
    parameter real CLKFBOUT_MULT_F = 5, parameter real CLKOUT0_DIVIDE_F = 1
) (input CLKIN1, CLKFBIN, RST, PWRDWN, output CLKFBOUT, CLKOUT0, LOCKED);
    pll_model #(CLKFBOUT_MULT_F / DIVCLK_DIVIDE / CLKOUT0_DIVIDE_F) model (CLKIN1, CLKOUT0, LOCKED);
    assign CLKFBOUT = CLKIN1;
endmodule

module BUFGCTRL #(parameter SIM_DEVICE = "") (input I0, I1, S0, S1, CE0, CE1, IGNORE0, IGNORE1, output O);
    reg enabled = 0;
    always @(negedge I0) enabled <= CE0 & S0;
    assign O = I0 & enabled;
endmodule
