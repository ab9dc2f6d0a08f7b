// Runs the sentry until it has an answer.
`timescale 1ns / 1ps
module sentry_bench;
    reg clk = 0, rst = 1;
    wire done;
    wire [7:0] class_number;
    sentry sentry (.clk(clk), .rst(rst), .done(done), .class_number(class_number));

    always #5 clk = !clk;
    initial begin
        #30 rst = 0;
        #10000000 $fatal(1, "no answer");
    end
    always @(posedge clk) if (!rst && done) begin
        $display("class %0d", class_number);
        $finish;
    end
endmodule
