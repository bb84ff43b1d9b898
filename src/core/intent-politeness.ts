/**
 * What may stand around a command without changing it, in the notation of the grammar. HELLO may stand before anything;
 * ASK only before a verb: "can you export" is a command, but who says "I want credits" asks for more of them.
 */
export const POLITENESS = {
  HELLO: `please, pls, plz, kindly, hi, hello, hey, hey there, nemo, bot, thanks, thank you, thx, ok, okay, alright, all right, great, perfect,
    yes, sure, so, well, now, then, just, quickly, quick, also, maybe, tell me, let me know, i want to know, i'd like to know, do you know,
    i would like to know, good morning, good evening, can you tell me, could you tell me, guys, um, uh, hmm, yo,
    请, 请问, 麻烦, 麻烦你, 麻烦您, 现在, 那, 那就, 那么, 就, 好, 好的, 嗯, 你好, 您好, 嗨, 谢谢, 谢谢你, 拜托, 告诉我, 我想知道, 想知道, 能告诉我, 可以告诉我`,
  ASK: `HELLO, can you, could you, would you, will you, can u, could u, can i, could i, may i, can we, could we, let me, let us, let's, lets,
    i want to, i wanna, i wish to, i need to, i'd like to, i would like to, i'd love to, i have to, we need to, we want to, want to,
    need to, wanna, gotta, i want you to, i need you to, i'd like you to, go ahead and, you can, i am ready to, i'm ready to, ready to,
    time to, it's time to, is it possible to, would it be possible to, possibly, help me, help me to, i'm going to, i'll, we can,
    帮, 帮我, 帮忙, 给我, 替我, 我, 我们, 我要, 我想, 我需要, 让我, 我准备, 能不能, 可不可以, 可以, 能, 能否, 可否, 是否可以, 马上, 立刻, 立即, 赶紧, 赶快, 快,
    直接, 先, 再, 再次, 重新, 你, 您, 想要, 想, 要, 需要, 开始, 准备`,
  AFTER: `please, pls, plz, kindly, thanks, thanks a lot, thanks in advance, thank you, thank you very much, thank you so much, many thanks,
    thx, ty, cheers, now, right now, right away, immediately, asap, at once, for me, for us, again, once more, one more time, then, ok, okay,
    if you can, if possible, if you could, when you can, when you get a chance, if you don't mind, if you would, quickly, real quick,
    today, already, will you, would you, could you, can you, nemo, bot, guys, bro, mate, man, dude, sir,
    一下, 下, 吧, 吗, 嘛, 呢, 啊, 呀, 哦, 哈, 啦, 么, 谢谢, 谢谢你, 谢谢您, 谢谢了, 多谢, 感谢, 好吗, 好不好, 可以吗, 行吗, 行不行, 可以么, 给我, 一次,
    现在, 马上, 辛苦了, 拜托, 拜托了, 了吧, 谢谢啦, 哈谢谢`,
  ALONE:
    "ASK, AFTER, awesome, nice, cool, good, good job, great job, nice work, well done, that's all, bye, 太好了, 辛苦, 非常感谢, 不错",
} as const;

/** Traditional signs, each followed by the simplified one that the grammar has. */
export const SIMPLER =
  "導导匯汇檔档視视頻频載载餘余額额狀状態态傳传圖图請请問问還还積积個个現现進进軌轨時时間间線线軸轴顯显麼么樣样嗎吗馬马幫帮給给發发這这張张來来儲储點点數数電电腦脑機机專专項项錄录樂乐幾几裡里裏里條条謝谢煩烦匯汇報报開开" as const;
