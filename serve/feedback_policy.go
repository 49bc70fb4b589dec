package serve

// A policyText is what a user consents to, in a version that is kept with the consent.
type policyText struct {
	Version string            `json:"version"`
	Text    map[string]string `json:"text"`
}

// policyVersion changes whenever the text does.
const policyVersion = "2026-11-26"

func dataPolicy() policyText {
	return policyText{policyVersion, map[string]string{
		"en": `Your chats are yours. Without your consent they are kept for you alone: nobody else reads them here, not even an admin, and no model learns from them.

If you choose "improve", the questions, answers, ratings, edits, choices and reports of chats that you begin from now on may be used to train and test the next models of this server. If you choose "publish", they may also be given to others as part of a data set. A single chat can be left out, or, if it is older, allowed by itself. Temporary chats are never used.

Before use your name is left out, and e-mail addresses, phone numbers, identity and card numbers and network addresses are masked by rules. Rules miss things: do not write what must stay secret into a chat that you allow.

You can withdraw at any time. Then nothing of yours is used for new data sets, you are told which data sets and models were made with it, and your rows are taken out of those data sets that this server still has. A model that was trained before is not changed by that; it is named to you. Deleting a chat withdraws it too.`,
		"zh": `您的对话属于您。未经您同意，对话只为您保存：这里没有其他人会阅读，管理员也不会，也没有模型会从中学习。

如果您选择“用于改进”，则从现在起您新开的对话中的问题、回答、评分、修改、选择和报告可用于训练和测试本服务器的下一代模型。如果您选择“可公开”，它们还可作为数据集的一部分提供给他人。您可以单独排除某个对话；更早的对话也可单独允许。临时对话绝不使用。

使用之前会去掉您的名字，并按规则遮盖电子邮件地址、电话号码、身份证号、银行卡号和网络地址。规则会有遗漏：请不要在您允许使用的对话中写必须保密的内容。

您可以随时撤回。撤回后，您的内容不再用于新的数据集；您会得知哪些数据集和模型曾用到它；本服务器仍保存的数据集中属于您的行会被删除。此前已训练好的模型不会因此改变，但会告诉您是哪些。删除对话也等于撤回。`,
	}}
}
