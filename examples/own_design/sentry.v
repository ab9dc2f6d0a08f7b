// A design of one's own around the classifier: it sends a stored sentence, and keeps the class that comes back.
module sentry #(
    parameter TOKENS = 64  // room for the sentence in tokens.hex
) (
    input clk,
    input rst,
    output reg done,
    output reg [7:0] class_number
);
    // The sentence: bit 16 marks its last token, bits 15..0 are the token's number.
    reg [16:0] sentence [0:TOKENS - 1];
    initial $readmemh("tokens.hex", sentence);

    reg [$clog2(TOKENS) - 1:0] place;
    reg sending;
    wire token_ready;

    // First beat of an answer: the class; then a score for each class, passed over here.
    wire answer_valid, answer_last;
    wire [31:0] answer;
    reg first;

    hwgen_classifier classifier (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(sending),
        .s_axis_tready(token_ready),
        .s_axis_tdata(sentence[place][15:0]),
        .s_axis_tlast(sentence[place][16]),
        .m_axis_tvalid(answer_valid),
        .m_axis_tready(1'b1),
        .m_axis_tdata(answer),
        .m_axis_tlast(answer_last)
    );

    always @(posedge clk) begin
        if (sending && token_ready) begin
            place <= place + 1;
            sending <= !sentence[place][16];
        end
        if (answer_valid) begin
            if (first) class_number <= answer[7:0];
            first <= answer_last;
            done <= answer_last;
        end
        if (rst) begin
            place <= 0;
            sending <= 1;
            first <= 1;
            done <= 0;
        end
    end
endmodule
